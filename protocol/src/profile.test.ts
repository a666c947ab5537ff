import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { definitionsOf, parseProfile, referenceCounts } from './profile.ts';
import { changed } from './specs.fixture.ts';

const AREA = {
  definition: {
    name: 'input/area',
    kind: 'numeric',
    center: 1300,
    scale: 500,
    atoms: [864],
    min: 334,
    max: 5642,
  },
  counts: [215, 40, 220, 59, 425, 1],
};
const DISTRICT = {
  definition: { name: 'input/district', kind: 'category', categories: ['north', 'south'] },
  counts: [0, 1, 2, 60, 3, 39],
};
const PROFILE = { v: 1, source: 'Ames, built before 1990', n: 100, series: [AREA, DISTRICT] };

describe('parseProfile', () => {
  it('takes a profile and gives it back', () => {
    const profile = parseProfile({ ...PROFILE, metrics: { r2: 0.9 } });
    expect(profile).toEqual({ ...PROFILE, metrics: { r2: 0.9 } });
    expect(parseProfile(PROFILE).metrics).toEqual({});
    expect(definitionsOf(profile)).toEqual([AREA.definition, DISTRICT.definition]);
    expect(referenceCounts(profile, 'input/district')).toEqual(DISTRICT.counts);
    expect(referenceCounts(profile, 'input/none')).toBeUndefined();
  });

  it('takes principal components of its series', () => {
    const pca = {
      features: [
        { series: 'input/area', mean: 1400, scale: 500, fill: 1400 },
        { series: 'input/district', mean: 0.5, scale: 0.2, fill: 0.5, shares: [0, 0, 0.6, 0.4] },
      ],
      components: [[0.6, 0.8]],
    };
    expect(parseProfile({ ...PROFILE, pca }).pca).toEqual(pca);
    const refusal = (wrong: unknown) => () => parseProfile({ ...PROFILE, pca: wrong });
    expect(refusal({ ...pca, components: [[1]] })).toThrow(/one number for each feature/);
    expect(refusal(changed(pca, ['features', 0, 'series'], 'input/rooms'))).toThrow(
      /no series "input\/rooms"/,
    );
  });

  it('takes outcomes with a calibration for every bin of confidence', () => {
    const calibration = Array.from({ length: 50 }, (_, bin) => bin / 50);
    const outcomes = { reliability: [90, 3, 91, 7], calibration };
    expect(parseProfile({ ...PROFILE, outcomes }).outcomes).toEqual(outcomes);
    const refusal = (wrong: object) => () =>
      parseProfile({ ...PROFILE, outcomes: { ...outcomes, ...wrong } });
    expect(refusal({ calibration: [0.5] })).toThrow(/outcomes.calibration/);
    expect(refusal({ reliability: [104, 1] })).toThrow(/outcomes.reliability: bin 104/);
  });

  it("takes the demo models' profiles", () => {
    for (const model of ['house/v1', 'digits/v1', 'digits/v2', 'digits/v3']) {
      const path = new URL(`../../demo/models/${model}/reference.json`, import.meta.url);
      const profile = parseProfile(JSON.parse(readFileSync(path, 'utf8')));
      expect(profile.n).toBeGreaterThan(100);
      expect(profile.series.length).toBeGreaterThan(1);
    }
  });

  it.each([
    ['another version', ['v'], 2, 'v'],
    ['no rows', ['n'], 0, 'n'],
    ['half a row', ['n'], 0.5, 'n'],
    [
      'an unknown kind',
      ['series', 0, 'definition', 'kind'],
      'magnitude',
      'series.0.definition.kind',
    ],
    ['a scale of 0', ['series', 0, 'definition', 'scale'], 0, 'series.0.definition.scale'],
    ['a centre of NaN', ['series', 0, 'definition', 'center'], NaN, 'series.0.definition.center'],
    ['a count of text', ['series', 0, 'counts', 1], '40', 'series.0.counts.1'],
    ['a member nobody knows', ['raw'], [1, 2], 'raw'],
    ['a metric of NaN', ['metrics'], { r2: Number.NaN }, 'metrics.r2'],
    ['a bin beyond the last', ['series', 0, 'counts'], [426, 1], '"input/area"'],
    ['a negative count', ['series', 1, 'counts'], [0, -1], '"input/district"'],
    ['a series twice', ['series', 1, 'definition', 'name'], 'input/area', '"input/area"'],
  ])('names %s', (_, path, value, where) => {
    expect(() => parseProfile(changed(PROFILE, path, value))).toThrow(
      expect.objectContaining({
        code: 'profile_invalid',
        message: expect.stringContaining(`${where}: `),
      }),
    );
  });

  it.each([[null], [[]], ['profile'], [undefined]])('refuses %j', (value) => {
    expect(() => parseProfile(value)).toThrow(expect.objectContaining({ code: 'profile_invalid' }));
  });
});
