/** Bytes → JSON value. Gzip is told by its magic number, since a header would cost a preflight. */
import { gunzipSync } from 'node:zlib';
import { LIMITS, messageOf, SiskinError } from '@siskin/protocol';

/**
 * @param encoding the request's Content-Encoding, if it names one.
 * @throws SiskinError `batch_too_large`, `batch_invalid` or `content_type`.
 */
export function decode(body: Buffer, encoding: string | undefined): unknown {
  const declared = encoding?.trim().toLowerCase() ?? '';
  if (!['', 'identity', 'gzip', 'x-gzip'].includes(declared)) {
    throw new SiskinError(
      'content_type',
      `a batch is plain or gzip, not "${declared.slice(0, 40)}"`,
    );
  }
  const gzipped = body[0] === 0x1f && body[1] === 0x8b;
  const text = gzipped ? inflate(body) : body;
  if (text.length > LIMITS.inflatedBytes) throw tooLarge();
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch (cause) {
    throw new SiskinError('batch_invalid', `the batch is not JSON: ${messageOf(cause)}`, { cause });
  }
}

// Synchronous: at most a megabyte comes out, and a trip to the thread pool costs more than most bodies.
function inflate(body: Buffer): Buffer {
  try {
    return gunzipSync(body, { maxOutputLength: LIMITS.inflatedBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new SiskinError('batch_invalid', `the batch is not gzip: ${messageOf(cause)}`, { cause });
  }
}

function tooLarge(): SiskinError {
  return new SiskinError(
    'batch_too_large',
    `a batch has at most ${LIMITS.inflatedBytes} bytes of JSON: send less at once`,
  );
}
