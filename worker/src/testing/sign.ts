/** Signed manifests, made as a collector makes them: DSSE with Ed25519 from WebCrypto. */
import { MANIFEST_TYPE, preAuthEncoding, toBase64 } from '@siskin/protocol';

export interface TestSigner {
  /** Raw, base64url. */
  publicKey: string;
  /** @param payload what is signed: bytes as they are, text, or a value as JSON. */
  seal(payload: unknown, type?: string): Promise<string>;
}

export async function createSigner(): Promise<TestSigner> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const raw = await crypto.subtle.exportKey('raw', pair.publicKey);
  return {
    publicKey: toBase64(new Uint8Array(raw)),
    async seal(payload, type = MANIFEST_TYPE) {
      const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
      const body = new TextEncoder().encode(text);
      const sig = await crypto.subtle.sign('Ed25519', pair.privateKey, preAuthEncoding(type, body));
      return JSON.stringify({
        payloadType: type,
        payload: toBase64(body),
        signatures: [{ sig: toBase64(new Uint8Array(sig)) }],
      });
    },
  };
}
