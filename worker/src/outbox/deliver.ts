/** One sealed batch → one POST → what became of it. */
import { LIMITS } from '@siskin/protocol';
import type { SealedBatch } from '../database.ts';
import { retryAfter } from './backoff.ts';
import { encode } from './encode.ts';

export type Delivery =
  | { outcome: 'accepted' }
  /** It will never be accepted as it is. */
  | { outcome: 'refused'; code: string }
  /** Send it again, same id: the collector counts it once. */
  | { outcome: 'retry'; afterMs: number | undefined; code: string };

/** Browsers share 64 KiB of keepalive bodies in flight over all requests of a page. */
const KEEPALIVE_BYTES = 60_000;
/** A request that never ends would hold the sender lock of all tabs. */
const TIMEOUT_MS = 30_000;

export async function deliver(
  url: string,
  sealed: SealedBatch,
  options: { fetch: typeof fetch; now: number; closing: boolean; signal: AbortSignal },
): Promise<Delivery> {
  const age = Math.min(Math.max(Math.round(options.now - sealed.sealedAt), 0), LIMITS.ageMs);
  // A page that is closing may be gone before a stream has compressed anything.
  const body = await encode(
    { ...sealed.batch, age },
    options.closing ? KEEPALIVE_BYTES : undefined,
  );
  let response: Response;
  try {
    response = await options.fetch(url, {
      method: 'POST',
      body,
      credentials: 'omit',
      keepalive: options.closing && body.length <= KEEPALIVE_BYTES,
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
  } catch {
    return { outcome: 'retry', afterMs: undefined, code: 'unreachable' };
  }
  // Only the collector's own word counts: a captive portal answers 200 too.
  if (response.status === 202) return { outcome: 'accepted' };
  const code = codeOf(await response.json().catch(() => undefined)) ?? `http_${response.status}`;
  if (response.status === 400 || response.status === 413 || response.status === 422) {
    return { outcome: 'refused', code };
  }
  return {
    outcome: 'retry',
    afterMs: retryAfter(response.headers.get('retry-after'), options.now),
    code,
  };
}

function codeOf(answer: unknown): string | undefined {
  const error = (answer as { error?: { code?: unknown } } | undefined)?.error;
  return typeof error?.code === 'string' ? error.code : undefined;
}
