import { SiskinError } from '@siskin/protocol';

/** @throws SiskinError `aborted`, or the signal's own reason if that is one. */
export function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw SiskinError.from(signal.reason, 'aborted', 'the load was aborted');
}
