/**
 * Every error Siskin raises, on the device and in the collector.
 *
 * The `code` is stable and is what programs branch on; the message is for a person and says what to
 * do next. `retryable` means that the same call may succeed later without any change by the caller.
 */
export const ERROR_CODES = [
  // device: configuration and environment
  'config_invalid',
  'browser_unsupported',
  'worker_failed',
  'closed',
  'aborted',
  'deadline_exceeded',
  'queue_full',
  // device: manifest and models
  'manifest_unreachable',
  'manifest_invalid',
  'manifest_signature',
  'manifest_rollback',
  'manifest_expired',
  'manifest_wrong_app',
  'model_unknown',
  'model_disabled',
  'download_failed',
  'artifact_truncated',
  'artifact_hash',
  'storage_failed',
  'runtime_failed',
  'model_corrupt',
  'self_test_failed',
  // device: prediction
  'input_invalid',
  'prediction_failed',
  'prediction_unknown',
  // protocol and collector
  'spec_invalid',
  'profile_invalid',
  'batch_invalid',
  'batch_too_large',
  'batch_unknown_series',
  'content_type',
  'key_unknown',
  'unauthorized',
  'not_found',
  'conflict',
  'rate_limited',
  'overloaded',
  'port_in_use',
  'data_dir',
  'usage',
  'internal',
  // the command line
  'data_invalid',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** A {@link SiskinError} as plain data: class instances do not survive `postMessage` or JSON. */
export interface ErrorData {
  code: ErrorCode;
  message: string;
  retryable: boolean;
  cause?: string;
}

export class SiskinError extends Error {
  override readonly name = 'SiskinError';
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    options: { retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }

  toData(): ErrorData {
    const data: ErrorData = { code: this.code, message: this.message, retryable: this.retryable };
    if (this.cause !== undefined) data.cause = messageOf(this.cause);
    return data;
  }

  static fromData(data: ErrorData): SiskinError {
    return new SiskinError(data.code, data.message, {
      retryable: data.retryable,
      ...(data.cause === undefined ? {} : { cause: new Error(data.cause) }),
    });
  }

  /** Wraps anything thrown; a SiskinError passes through unchanged. */
  static from(cause: unknown, code: ErrorCode, message: string, retryable = false): SiskinError {
    return cause instanceof SiskinError
      ? cause
      : new SiskinError(code, message, { cause, retryable });
  }
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
