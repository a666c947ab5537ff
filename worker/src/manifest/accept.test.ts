import { type Manifest, SiskinError } from '@siskin/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { failure } from '../testing/errors.ts';
import { createSigner, type TestSigner } from '../testing/sign.ts';
import { isNewer, open } from './accept.ts';
import { verifyEd25519 } from './verify.ts';

const manifest: Manifest = {
  v: 1,
  app: 'shop',
  sequence: 7,
  issued: '2026-11-01T00:00:00.000Z',
  expires: '2026-11-02T00:00:00.000Z',
  models: {},
};
const at = (iso: string) => Date.parse(iso);

let signer: TestSigner;
let other: TestSigner;
beforeAll(async () => {
  [signer, other] = await Promise.all([createSigner(), createSigner()]);
});

const trusting = (...publicKeys: string[]) => ({
  app: 'shop',
  publicKeys,
  verify: verifyEd25519,
});

describe('a fetched manifest', () => {
  it('is opened, and kept as the text it came as', async () => {
    const text = await signer.seal(manifest);
    expect(await open(text, trusting(signer.publicKey))).toEqual({ manifest, text });
  });

  it('may be signed by any of the known keys, as during the change of a key', async () => {
    const text = await signer.seal(manifest);
    const accepted = await open(text, trusting(other.publicKey, signer.publicKey));
    expect(accepted.manifest).toEqual(manifest);
  });

  it.each([
    ['another key', () => other.seal(manifest)],
    [
      'a payload that was changed after it was signed',
      async () => {
        const envelope = JSON.parse(await signer.seal(manifest));
        const greedy = JSON.stringify({ ...manifest, sequence: 9_999_999 });
        envelope.payload = Buffer.from(greedy).toString('base64');
        return JSON.stringify(envelope);
      },
    ],
    [
      'the signature of another payload',
      async () => {
        const envelope = JSON.parse(await signer.seal(manifest));
        envelope.signatures = JSON.parse(await signer.seal({})).signatures;
        return JSON.stringify(envelope);
      },
    ],
    ['a payload of another type', () => signer.seal(manifest, 'application/vnd.in-toto+json')],
    [
      'a payload whose type was changed after it was signed',
      async () => {
        const envelope = JSON.parse(await signer.seal(manifest, 'text/plain'));
        envelope.payloadType = 'application/vnd.siskin.manifest+json';
        return JSON.stringify(envelope);
      },
    ],
  ])('is refused with %s', async (_, make) => {
    const text = await make();
    await failure(() => open(text, trusting(signer.publicKey)), 'manifest_signature');
  });

  it.each([
    ['a truncated download', async () => (await signer.seal(manifest)).slice(0, -20)],
    ['nothing', async () => ''],
    ["a router's page", async () => '<!doctype html><title>Welcome</title>'],
    ['the bare manifest', async () => JSON.stringify(manifest)],
    [
      'base64 that is none',
      async () => JSON.stringify({ ...JSON.parse(await signer.seal(manifest)), payload: 'abcde' }),
    ],
    ['signed text that is no JSON', () => signer.seal('{"v":1,')],
    ['a signed manifest of a later format', () => signer.seal({ ...manifest, v: 2 })],
    [
      'a signed manifest without a sequence',
      () => signer.seal({ ...manifest, sequence: undefined }),
    ],
  ])('is refused if it is %s', async (_, make) => {
    const text = await make();
    await failure(() => open(text, trusting(signer.publicKey)), 'manifest_invalid');
  });

  it('of another app is refused even if the key is ours', async () => {
    const text = await signer.seal({ ...manifest, app: 'blog' });
    const error = await failure(() => open(text, trusting(signer.publicKey)), 'manifest_wrong_app');
    expect(error.message).toContain('"blog", not "shop"');
  });
});

describe('is it newer?', () => {
  const now = at('2026-11-01T12:00:00Z');
  const sequence = (n: number): Manifest => ({ ...manifest, sequence: n });

  it('yes, with a higher sequence or as the first', () => {
    expect(isNewer(manifest, undefined, now)).toBe(true);
    expect(isNewer(sequence(8), manifest, now)).toBe(true);
  });

  it('no, with the same', () => {
    expect(isNewer(manifest, manifest, now)).toBe(false);
  });

  it('the same, offered on after its end, is a freeze attack', async () => {
    const later = at('2027-01-01T00:00:00Z');
    await failure(() => isNewer(manifest, manifest, later), 'manifest_expired');
  });

  it('not below the floor, whatever was seen', async () => {
    await failure(() => isNewer(manifest, undefined, now, 8), 'manifest_rollback');
    await failure(() => isNewer(manifest, sequence(6), now, 8), 'manifest_rollback');
    expect(isNewer(manifest, undefined, now, 7)).toBe(true);
  });

  it('with a lower one it is a rollback attack', async () => {
    const error = await failure(() => isNewer(sequence(6), manifest, now), 'manifest_rollback');
    expect(error.retryable).toBe(false);
  });

  it.each([
    ['the moment it expires', '2026-11-02T00:00:00.000Z'],
    ['later', '2026-12-01T00:00:00.000Z'],
  ])('%s it is taken no more', async (_, when) => {
    const error = await failure(() => isNewer(sequence(8), manifest, at(when)), 'manifest_expired');
    expect(error).toBeInstanceOf(SiskinError);
    expect(error.retryable).toBe(true);
    await failure(() => isNewer(manifest, undefined, at(when)), 'manifest_expired');
  });

  it('a millisecond before it is', () => {
    expect(isNewer(manifest, undefined, at('2026-11-01T23:59:59.999Z'))).toBe(true);
  });
});
