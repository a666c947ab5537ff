/**
 * Signed envelopes: DSSE v1 (https://github.com/secure-systems-lab/dsse/blob/master/protocol.md)
 * with Ed25519. What is signed is the exact bytes of the payload and its type; nothing is
 * re-serialised before it is verified.
 */
import * as v from 'valibot';
import { SiskinError } from './errors.ts';

/** Either alphabet, padded or not; a lone last character carries no byte. */
const Base64 = v.pipe(
  v.string(),
  v.regex(/^(?:[\w+/-]{4})*(?:[\w+/-]{2}(?:==)?|[\w+/-]{3}=?)?$/, 'not base64'),
);

export const SignaturesSchema = v.pipe(
  v.array(v.object({ keyid: v.optional(v.string()), sig: Base64 })),
  v.minLength(1),
  v.maxLength(16),
);

export const EnvelopeSchema = v.object({
  payloadType: v.string(),
  payload: Base64,
  signatures: SignaturesSchema,
});
export type Envelope = v.InferOutput<typeof EnvelopeSchema>;

/** Verifies an Ed25519 signature; `publicKey` is 32 raw bytes, `signature` 64. */
export type Verify = (
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
) => Promise<boolean>;

/** @throws SiskinError `manifest_invalid` if it is not an envelope. */
export function parseEnvelope(text: string): Envelope {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SiskinError('manifest_invalid', 'the manifest is not JSON: is its URL right?', {
      cause,
    });
  }
  const result = v.safeParse(EnvelopeSchema, value);
  if (!result.success) {
    throw new SiskinError(
      'manifest_invalid',
      `the manifest is not a DSSE envelope: ${result.issues[0].message}`,
    );
  }
  return result.output;
}

/** DSSE pre-authentication encoding: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body. */
export function preAuthEncoding(type: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder();
  const typeBytes = text.encode(type);
  const head = text.encode(`DSSEv1 ${typeBytes.length} ${type} ${body.length} `);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}

/**
 * The payload's bytes, if any of `publicKeys` (base64 or base64url, raw 32 bytes) signed them.
 * @throws SiskinError `manifest_signature` if none did or the type is another one.
 */
export async function openEnvelope(
  envelope: Envelope,
  type: string,
  publicKeys: readonly string[],
  verify: Verify,
): Promise<Uint8Array<ArrayBuffer>> {
  if (envelope.payloadType !== type) {
    throw new SiskinError(
      'manifest_signature',
      `the signed payload is a "${envelope.payloadType}", not a "${type}"`,
    );
  }
  const payload = fromBase64(envelope.payload);
  if (await isSigned(type, payload, envelope.signatures, publicKeys, verify)) return payload;
  throw new SiskinError(
    'manifest_signature',
    'no known key signed the manifest: compare `publicKeys` with what `siskin init` printed',
  );
}

/** Whether any of `publicKeys` made any of `signatures` over these bytes as a payload of `type`. */
export async function isSigned(
  type: string,
  payload: Uint8Array,
  signatures: Envelope['signatures'],
  publicKeys: readonly string[],
  verify: Verify,
): Promise<boolean> {
  const message = preAuthEncoding(type, payload);
  for (const key of publicKeys.map(fromBase64)) {
    for (const { sig } of signatures) {
      if (await verify(fromBase64(sig), message, key)) return true;
    }
  }
  return false;
}

/** Accepts the standard and the URL-safe alphabet, padded or not. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}

/** URL-safe alphabet, no padding. */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  }
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
