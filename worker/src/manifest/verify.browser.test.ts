import { afterEach, expect, it, vi } from 'vitest';
import { verifyEd25519 } from './verify.ts';

const hex = (text: string) =>
  Uint8Array.from(text.match(/../g)!, (byte) => Number.parseInt(byte, 16));

/** RFC 8032 §7.1, test 2. */
const SIGNATURE = hex(
  '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
);
const KEY = hex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');

afterEach(() => void vi.restoreAllMocks());

it.each(['WebCrypto', '@noble/ed25519'])('by %s in this browser', async (way) => {
  const imported = vi.spyOn(crypto.subtle, 'importKey');
  if (way !== 'WebCrypto') {
    // As before Chrome 137 and Safari 17.
    imported.mockRejectedValue(new DOMException('Unrecognized name.', 'NotSupportedError'));
  }
  expect(await verifyEd25519(SIGNATURE, hex('72'), KEY)).toBe(true);
  expect(await verifyEd25519(SIGNATURE, hex('73'), KEY)).toBe(false);
  expect(imported).toHaveBeenCalledTimes(2);
});
