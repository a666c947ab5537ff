/** Signs manifests: DSSE envelopes with Ed25519, as `@siskin/protocol` opens them. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
} from 'node:crypto';
import { type Envelope, preAuthEncoding } from '@siskin/protocol';

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
