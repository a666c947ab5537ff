/** Errors as answers: `{"error":{"code","message","retryable"}}` with the status of the code. */
import { type ErrorCode, SiskinError } from '@siskin/protocol';

const STATUS: Partial<Record<ErrorCode, number>> = {
  batch_too_large: 413,
  content_type: 415,
  key_unknown: 403,
  unauthorized: 401,
  not_found: 404,
  conflict: 409,
  rate_limited: 429,
  internal: 500,
  overloaded: 503,
};

export interface Problem {
  status: number;
  headers: Record<string, string>;
  body: { error: { code: ErrorCode; message: string; retryable: boolean } };
}

/** Anything that is not a SiskinError is a fault of ours: its text stays in the log. */
export function problemOf(thrown: unknown): Problem {
  const error =
    thrown instanceof SiskinError
      ? thrown
      : new SiskinError('internal', 'the collector failed: see its log', { retryable: true });
  const { code, message, retryable } = error;
  const status = STATUS[code] ?? 400;
  return {
    status,
    headers: status === 503 || status === 429 ? { 'Retry-After': '5' } : {},
    body: { error: { code, message, retryable } },
  };
}
