import { SiskinError } from '@siskin/protocol';

/**
 * A response's text, if it is not longer than `bytes`: an answer that never ends must not fill a
 * device's memory (The Update Framework, endless-data attack). Its time is the request's signal's.
 * @throws SiskinError `manifest_invalid`; the rest is not read.
 */
export function readText({ body, url }: Response, bytes: number): Promise<string> {
  let left = bytes;
  const bound = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, out) {
      left -= chunk.length;
      if (left < 0) {
        throw new SiskinError(
          'manifest_invalid',
          `${url} has more than ${bytes} bytes: is its URL right?`,
        );
      }
      out.enqueue(chunk);
    },
  });
  return new Response(body?.pipeThrough(bound)).text();
}
