import { describe, expect, it } from 'vitest';
import { bucketOf } from './bucketing.ts';
import { armOf, type ManifestModel, parseManifest, shadowOf } from './manifest.ts';
import { parseSpec } from './spec.ts';
import { changed, DIGITS } from './specs.fixture.ts';

const artifact = (name: string, digit: string) => ({
  name,
  sha256: digit.repeat(64),
  bytes: 1234,
  url: `../../artifacts/${digit.repeat(64)}`,
});
const version = (name: string, digit: string) => ({
  spec: parseSpec({ ...DIGITS, version: name }),
  files: [artifact('model.json', digit)],
  series: [{ name: 'output/confidence', kind: 'unit' }],
});
const MANIFEST = {
  v: 1,
  app: 'shop',
  sequence: 7,
  issued: '2026-11-24T01:00:00.000Z',
  expires: '2026-12-24T01:00:00Z',
  models: {
    digits: {
      champion: 'v1',
      rollout: { strategy: 'canary', version: 'v2', share: 0.1, salt: 'a1' },
      versions: {
        v1: { ...version('v1', 'a'), selfTest: artifact('selftest.json', 'b') },
        v2: version('v2', 'c'),
      },
    },
  },
};
const MODEL = ['models', 'digits'];

describe('parseManifest', () => {
  it('takes a manifest as it comes from JSON', () => {
    expect(parseManifest(JSON.parse(JSON.stringify(MANIFEST)))).toEqual(MANIFEST);
    expect(parseManifest({ ...MANIFEST, models: {} }).models).toEqual({});
  });

  it('takes a model without a rollout, and shares of nothing and of all', () => {
    expect(parseManifest(changed(MANIFEST, [...MODEL, 'rollout'], undefined))).toBeDefined();
    for (const share of [0, 1]) {
      expect(parseManifest(changed(MANIFEST, [...MODEL, 'rollout', 'share'], share))).toBeDefined();
    }
  });

  it.each([
    ['another version', ['v'], 2, 'v'],
    ['a sequence of 0', ['sequence'], 0, 'sequence'],
    ['half a sequence', ['sequence'], 1.5, 'sequence'],
    ['an instant without a zone', ['expires'], '2026-12-24T01:00:00', 'expires'],
    ['an instant that is a number', ['issued'], 1764_000_000, 'issued'],
    ['a member nobody knows', ['signed'], true, 'signed'],
    ['a champion that is not there', [...MODEL, 'champion'], 'v9', 'models.digits'],
    ['a champion of the language', [...MODEL, 'champion'], 'constructor', 'models.digits'],
    ['a canary that is not there', [...MODEL, 'rollout', 'version'], 'v9', 'models.digits'],
    ['a canary of the language', [...MODEL, 'rollout', 'version'], 'toString', 'models.digits'],
    ['a share above 1', [...MODEL, 'rollout', 'share'], 1.01, 'models.digits.rollout.share'],
    ['a negative share', [...MODEL, 'rollout', 'share'], -0.01, 'models.digits.rollout.share'],
    ['a share of NaN', [...MODEL, 'rollout', 'share'], Number.NaN, 'models.digits.rollout.share'],
    ['an empty salt', [...MODEL, 'rollout', 'salt'], '', 'models.digits.rollout.salt'],
    [
      'another strategy',
      [...MODEL, 'rollout', 'strategy'],
      'blue',
      'models.digits.rollout.strategy',
    ],
    ['no files', [...MODEL, 'versions', 'v1', 'files'], [], 'models.digits.versions.v1.files'],
    [
      'a short hash',
      [...MODEL, 'versions', 'v1', 'files', 0, 'sha256'],
      'abc',
      'versions.v1.files.0.sha256',
    ],
    [
      'a hash in capitals',
      [...MODEL, 'versions', 'v1', 'files', 0, 'sha256'],
      'A'.repeat(64),
      'versions.v1.files.0.sha256',
    ],
    [
      'negative bytes',
      [...MODEL, 'versions', 'v1', 'files', 0, 'bytes'],
      -1,
      'versions.v1.files.0.bytes',
    ],
    [
      'a file without end',
      [...MODEL, 'versions', 'v1', 'files', 0, 'bytes'],
      2 ** 40,
      'versions.v1.files.0.bytes',
    ],
    [
      'a spec with a fault',
      [...MODEL, 'versions', 'v1', 'spec', 'format'],
      'pt',
      'versions.v1.spec.format',
    ],
    [
      'a series with a fault',
      [...MODEL, 'versions', 'v1', 'series', 0, 'kind'],
      'x',
      'versions.v1.series.0.kind',
    ],
  ])('names %s', (_, path, value, where) => {
    expect(() => parseManifest(changed(MANIFEST, path, value))).toThrow(
      expect.objectContaining({
        code: 'manifest_invalid',
        message: expect.stringContaining(`${where}: `),
      }),
    );
  });

  it.each([[null], [undefined], [[]], ['{}'], [{}]])('refuses %j', (value) => {
    expect(() => parseManifest(value)).toThrow(
      expect.objectContaining({ code: 'manifest_invalid' }),
    );
  });
});

describe('armOf', () => {
  const model = parseManifest(MANIFEST).models.digits!;
  const at = (share: number, salt = 'a1'): ManifestModel => ({
    ...model,
    rollout: { strategy: 'canary', version: 'v2', share, salt },
  });
  const ids = Array.from({ length: 5000 }, (_, i) => `device-${i}`);
  const inCanary = (m: ManifestModel) => ids.filter((id) => armOf(m, id).arm === 'canary');

  it('is the champion where there is no rollout', () => {
    const { rollout: _, ...plain } = model;
    expect(ids.map((id) => armOf(plain, id))).toEqual(
      ids.map(() => ({ arm: 'champion', version: 'v1' })),
    );
  });

  it('takes nobody at 0, everybody at 1, and by bucket between', () => {
    expect(inCanary(at(0))).toEqual([]);
    expect(inCanary(at(1))).toEqual(ids);
    expect(inCanary(at(0.1))).toEqual(ids.filter((id) => bucketOf('a1', id) < 0.1));
    const canary = inCanary(at(0.1))[0]!;
    expect(armOf(at(0.1), canary)).toEqual({ arm: 'canary', version: 'v2' });
  });

  it('keeps everyone who is in as the ramp widens', () => {
    const wider = new Set(inCanary(at(0.3)));
    expect(inCanary(at(0.1)).every((id) => wider.has(id))).toBe(true);
  });

  it('takes of those only whom the rollout is for', () => {
    const only: ManifestModel = {
      ...model,
      rollout: { strategy: 'rolling', version: 'v2', share: 1, salt: 'a', target: { cores: 4 } },
    };
    expect(armOf(only, 'a', { cores: 8 }).arm).toBe('canary');
    expect(armOf(only, 'a', { cores: 2 }).arm).toBe('champion');
    expect(armOf(only, 'a').arm).toBe('champion');
  });

  it('leaves the answer to the champion beside a shadow, and to blue until green is live', () => {
    const shadow: ManifestModel = {
      ...model,
      rollout: { strategy: 'shadow', version: 'v2', share: 1, salt: 'a', sample: 0.2 },
    };
    expect(armOf(shadow, 'a')).toEqual({ arm: 'champion', version: 'v1' });
    expect(shadowOf(shadow, 'a')).toEqual({ version: 'v2', sample: 0.2 });
    expect(shadowOf(at(1), 'a')).toBeUndefined();
    const green = (live: boolean): ManifestModel => ({
      ...model,
      rollout: { strategy: 'blue-green', version: 'v2', live },
    });
    expect(armOf(green(false), 'a')).toEqual({ arm: 'champion', version: 'v1' });
    expect(armOf(green(true), 'a')).toEqual({ arm: 'canary', version: 'v2' });
  });

  it('draws others under a new salt', () => {
    const [first, second] = [inCanary(at(0.1)), new Set(inCanary(at(0.1, 'b2')))];
    const both = first.filter((id) => second.has(id)).length;
    // Independent draws overlap in a tenth of a tenth: 50 of 5000, give or take 5 σ.
    expect(both).toBeGreaterThan(15);
    expect(both).toBeLessThan(85);
  });
});
