/** Ed25519 by WebCrypto; by @noble/ed25519 in browsers that lack it (Chrome < 137, Safari < 17). */
import type { Verify } from '@siskin/protocol';

export const verifyEd25519: Verify = async (signature, message, publicKey) => {
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey('raw', new Uint8Array(publicKey), 'Ed25519', false, [
      'verify',
    ]);
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'NotSupportedError')) return false;
    const { verifyAsync } = await import('@noble/ed25519');
    // RFC 8032 as browsers verify it, not the laxer ZIP 215, which is noble's default.
    return verifyAsync(signature, message, publicKey, { zip215: false });
  }
  return crypto.subtle.verify('Ed25519', key, new Uint8Array(signature), new Uint8Array(message));
};
