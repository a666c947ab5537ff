/** A file's bytes in order, checked to be UTF-8. */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { messageOf, SiskinError } from '@siskin/protocol';

const CHUNK = 2 ** 18;

/**
 * @param onBytes told how many bytes have been read.
 * @throws SiskinError `data_invalid` if the file cannot be read, or is no UTF-8 text.
 */
export async function* utf8Of(
  path: string,
  onBytes: (bytes: number) => void = () => {},
): AsyncGenerator<Buffer> {
  let read = 0;
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const piece of createReadStream(path, { highWaterMark: CHUNK })) {
      const chunk = rest.length === 0 ? (piece as Buffer) : Buffer.concat([rest, piece as Buffer]);
      const end = chunk.length - cutOff(chunk);
      const whole = chunk.subarray(0, end);
      if (!isUtf8(whole)) throw notText(path, read - rest.length, read + piece.length);
      read += piece.length;
      rest = chunk.subarray(end);
      yield whole;
      onBytes(read);
    }
  } catch (cause) {
    if (cause instanceof SiskinError) throw cause;
    throw new SiskinError('data_invalid', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
  if (rest.length > 0) throw notText(path, read - rest.length, read);
}

function notText(path: string, from: number, to: number): SiskinError {
  return new SiskinError(
    'data_invalid',
    `${path} is no UTF-8 text between bytes ${from} and ${to}: save it as UTF-8, uncompressed`,
  );
}

/** Bytes at the end of a chunk that begin a character which the chunk does not finish. */
function cutOff(chunk: Buffer): number {
  for (let back = 1; back <= Math.min(3, chunk.length); back++) {
    const byte = chunk[chunk.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back < length ? back : 0;
    }
  }
  return 0;
}
