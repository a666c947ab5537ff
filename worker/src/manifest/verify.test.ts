import { generateKeyPairSync, sign } from 'node:crypto';
import { toBase64 } from '@siskin/protocol';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { verifyEd25519 } from './verify.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

/** RFC 8032 §7.1, tests 1–3. */
const RFC_8032 = [
  {
    key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    key: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    key: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
] as const;

afterEach(() => void vi.restoreAllMocks());

/** As in Chrome before 137 and Safari before 17. */
function withoutWebCrypto(): void {
  vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(
    new DOMException('Unrecognized name.', 'NotSupportedError'),
  );
}

const WAYS: [name: string, prepare: () => void][] = [
  ['WebCrypto', () => undefined],
  ['@noble/ed25519', withoutWebCrypto],
];

describe.each(WAYS)('by %s', (_, prepare) => {
  it.each(RFC_8032)('takes the vector of RFC 8032 for message "$message"', async (vector) => {
    prepare();
    const parts = [hex(vector.signature), hex(vector.message), hex(vector.key)] as const;
    expect(await verifyEd25519(...parts)).toBe(true);
  });

  it('refuses every single flipped bit of signature, message and key', async () => {
    prepare();
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const message = Buffer.from('DSSEv1 4 type 4 body');
    const key = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url');
    const signature = sign(null, message, privateKey);
    expect(await verifyEd25519(signature, message, key)).toBe(true);
    for (const part of [signature, message, key]) {
      for (let byte = 0; byte < part.length; byte += 5) {
        part[byte]! ^= 1 << (byte % 8);
        expect(await verifyEd25519(signature, message, key)).toBe(false);
        part[byte]! ^= 1 << (byte % 8);
      }
    }
  });

  it('refuses what has not the length of a signature or a key', async () => {
    prepare();
    const { signature, message, key } = RFC_8032[1];
    const [s, m, k] = [hex(signature), hex(message), hex(key)];
    expect(await verifyEd25519(s.subarray(1), m, k)).toBe(false);
    expect(await verifyEd25519(s, m, k.subarray(1))).toBe(false);
    expect(await verifyEd25519(new Uint8Array(), m, k)).toBe(false);
  });

  it('refuses a key that is no point of the curve, and an S beyond the order', async () => {
    prepare();
    const { signature, message, key } = RFC_8032[1];
    const noPoint = hex(`02${'00'.repeat(30)}00`);
    expect(await verifyEd25519(hex(signature), hex(message), noPoint)).toBe(false);
    const malleable = hex(signature).fill(0xff, 32);
    expect(await verifyEd25519(malleable, hex(message), hex(key))).toBe(false);
  });
});

it('the second way is only taken where the first is missing', async () => {
  const spy = vi
    .spyOn(crypto.subtle, 'importKey')
    .mockRejectedValue(new DOMException('bad key', 'DataError'));
  const { signature, message, key } = RFC_8032[0];
  expect(await verifyEd25519(hex(signature), hex(message), hex(key))).toBe(false);
  expect(spy).toHaveBeenCalledOnce();
});

it('reads the keys that the collector prints: base64url without padding', () => {
  expect(toBase64(hex(RFC_8032[0].key))).toBe('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo');
});
