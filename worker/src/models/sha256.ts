import { SiskinError } from '@siskin/protocol';

/** SHA-256 in lower-case hex. @throws SiskinError `browser_unsupported` outside a secure context. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const { subtle } = globalThis.crypto;
  if (subtle === undefined) {
    throw new SiskinError(
      'browser_unsupported',
      'hashes cannot be checked here: serve the page over https, or from localhost',
    );
  }
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
