/** Code that a worker starts without. */
import { messageOf, SiskinError } from '@siskin/protocol';

/**
 * Fetches it once; what failed is tried again with the next call.
 * @param what for the message: "what loads models".
 * @throws SiskinError `runtime_failed`, retryable, if it cannot be had.
 */
export function lazy<T>(what: string, load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((cause: unknown) => {
      loading = undefined;
      const message = `${what} could not be imported: ${messageOf(cause)}. Reload the page`;
      throw SiskinError.from(cause, 'runtime_failed', message, true);
    });
    return loading;
  };
}
