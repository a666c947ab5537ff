/** Reads a request's body, never holding more than the limit. */
import type { IncomingMessage } from 'node:http';
import { SiskinError } from '@siskin/protocol';

/** A client that is cut off while it still sends sees no answer, so a little too much is read on. */
const PATIENCE = 8;

/**
 * @param limit bytes on the wire.
 * @throws SiskinError `batch_too_large`; `batch_invalid` if the client goes away.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const tooLarge = (): void =>
      reject(
        new SiskinError(
          'batch_too_large',
          `a batch has at most ${limit} bytes on the wire: send less at once`,
        ),
      );
    if (Number(request.headers['content-length']) > limit * PATIENCE) return tooLarge();
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limit) chunks.push(chunk);
      else if (bytes > limit * PATIENCE) tooLarge();
    });
    request.on('end', () => (bytes > limit ? tooLarge() : resolve(Buffer.concat(chunks, bytes))));
    request.on('close', () =>
      reject(new SiskinError('batch_invalid', 'the request ended before its body')),
    );
    request.on('error', reject);
  });
}
