/** Signs and verifies: DSSE envelopes with Ed25519, as `@siskin/protocol` opens them. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto';
import {
  type Envelope,
  fromBase64,
  preAuthEncoding,
  toBase64,
  type Verify,
} from '@siskin/protocol';

export interface Signer {
  /** Raw 32 bytes, base64url: what goes into `createSiskin({ publicKeys })`. */
  publicKey: string;
  /** Synchronous: it happens within a transaction. */
  seal(type: string, payload: string): Envelope;
}

/** A new private key as PKCS #8 PEM. */
export function newSigningKey(): string {
  return generateKeyPairSync('ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
}

/** @param pem a private Ed25519 key. @throws if it is none. */
export function signerOf(pem: string): Signer {
  const key = createPrivateKey(pem);
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  if (key.asymmetricKeyType !== 'ed25519' || x === undefined) {
    throw new TypeError(`the signing key is ${key.asymmetricKeyType}, not ed25519`);
  }
  const keyid = createHash('sha256').update(Buffer.from(x, 'base64url')).digest('hex').slice(0, 16);
  return {
    publicKey: x,
    seal(type, payload) {
      const body = Buffer.from(payload);
      const signature = sign(null, preAuthEncoding(type, body), key);
      return {
        payloadType: type,
        payload: body.toString('base64'),
        signatures: [{ keyid, sig: signature.toString('base64') }],
      };
    },
  };
}

const verifyNow = (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean => {
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: toBase64(publicKey) };
  return verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), signature);
};

/** As the protocol asks for it. */
export const verifyEd25519: Verify = async (...args) => verifyNow(...args);

/** Whether any of `publicKeys` made any of `signatures`; synchronous, for transactions. */
export function isSignedNow(
  type: string,
  payload: string,
  signatures: Envelope['signatures'],
  publicKeys: readonly string[],
): boolean {
  const message = preAuthEncoding(type, Buffer.from(payload));
  return publicKeys.some((key) =>
    signatures.some(({ sig }) => verifyNow(fromBase64(sig), message, fromBase64(key))),
  );
}
