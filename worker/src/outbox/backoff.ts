/**
 * Exponential back-off with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
const BASE_MS = 1000;
const CAP_MS = 5 * 60_000;

/** @param attempt 0 after the first failure. @param random in [0, 1). */
export function backoff(attempt: number, random: number): number {
  return random * Math.min(CAP_MS, BASE_MS * 2 ** attempt);
}

/** A Retry-After header, seconds or an HTTP date (RFC 9110 §10.2.3), in ms; undefined if there is none. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 24 * 3600_000) : undefined;
}
