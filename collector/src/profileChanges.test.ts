import {
  type DataSeries,
  FIRST_CATEGORY,
  parseProfile,
  type ReferenceProfile,
  SERIES,
  UNIT_BINS,
} from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import { profileChanges } from './profileChanges.ts';
import { countNumbers, numericSeries } from './testing/profiles.ts';
import { normal, uniform } from './testing/random.ts';

type Counted = { definition: DataSeries; counts: number[] };

function profileOf(series: Counted[], changes: object = {}): ReferenceProfile {
  return parseProfile({ v: 1, source: 'a test', n: 2000, series, ...changes });
}

function normals(mean: number, sigma: number, { seed = 1, n = 2000 } = {}): number[] {
  const random = normal(uniform(seed));
  return Array.from({ length: n }, () => mean + sigma * random());
}

const NAME = SERIES.input('area');
/** As `siskin profile` would: in bins of its own, learnt from these values. */
const learnt = (values: readonly number[]): Counted => {
  const definition = numericSeries(NAME, values);
  return { definition, counts: countNumbers(definition, values) };
};
/** In the bins of the champion's reference. */
const inBinsOf = ({ definition }: Counted, values: readonly number[]): Counted => {
  if (definition.kind !== 'numeric') throw new Error('no numbers');
  return { definition, counts: countNumbers(definition, values) };
};
const category = (categories: string[], counts: number[]): Counted => ({
  definition: { name: SERIES.input('zone'), kind: 'category', categories },
  counts: counts.flatMap((count, i) => (count === 0 ? [] : [FIRST_CATEGORY + i, count])),
});

const BASE = normals(1500, 400);
const moves = (before: Counted[], after: Counted[]) =>
  profileChanges(profileOf(before), profileOf(after));

describe('a reference that has moved', () => {
  it('is told in distances, where the bins are the same', () => {
    const champion = learnt(BASE);
    const seeds = [2, 3, 4, 5, 6, 7, 8, 9];
    for (const seed of seeds) {
      expect(moves([champion], [inBinsOf(champion, normals(1500, 400, { seed }))])).toEqual([]);
      expect(moves([champion], [inBinsOf(champion, normals(1700, 400, { seed }))])).toEqual([
        expect.stringMatching(/^the reference of input\/area has moved: PSI 0\.\d\d$/),
      ]);
    }
  });

  it('is told in quartiles, where each has its own', () => {
    const champion = learnt(BASE);
    for (const seed of [2, 3, 4, 5, 6, 7, 8, 9]) {
      const told = (mean: number, sigma: number) =>
        moves([champion], [learnt(normals(mean, sigma, { seed }))]);
      expect(told(1500, 400)).toEqual([]);
      // Half a σ of 400; the interquartile range of a normal distribution is 1.349 σ.
      const [moved] = told(1700, 400);
      const [, before, after] = /its median was (\S+) and is (\S+)$/.exec(moved!)!;
      expect(Math.abs(Number(before) - 1500)).toBeLessThan(40);
      expect(Math.abs(Number(after) - 1700)).toBeLessThan(40);
      const [wider] = told(1500, 800);
      const [, was, is] = /its interquartile range was (\S+) and is (\S+)$/.exec(wider!)!;
      expect(Number(was) / (1.349 * 400)).toBeCloseTo(1, 0);
      expect(Number(is) / (1.349 * 800)).toBeCloseTo(1, 0);
    }
  });

  it('is not told of little data that may have come from the same', () => {
    const small = (seed: number) => learnt(normals(1500, 400, { seed, n: 50 }));
    const told = Array.from({ length: 60 }, (_, i) =>
      moves([small(2 * i + 1)], [small(2 * i + 2)]),
    );
    expect(told.filter((lines) => lines.length > 0).length).toBeLessThan(6);
  });

  it('is told of categories by name, wherever they stand in the list', () => {
    const champion = category(['a', 'b'], [1000, 1000]);
    expect(moves([champion], [category(['c', 'b', 'a'], [0, 1000, 1000])])).toEqual([]);
    expect(moves([champion], [category(['b', 'a'], [400, 1600])])).toEqual([
      expect.stringMatching(/input\/zone has moved: PSI/),
    ]);
    expect(moves([champion], [category(['a', 'b', 'c'], [600, 600, 800])])).toEqual([
      'the reference of input/zone has moved: 0 % of it was in no category of the champion, now 40 %',
    ]);
  });

  it('is told where more is missing, or less, whatever the bins', () => {
    const gaps = (values: number[], missing: number) =>
      values.map((x, i) => (i < missing ? null : x));
    const champion = learnt(BASE);
    const lacking = (of: Counted, missing: number, values: number[]): Counted => {
      if (of.definition.kind !== 'numeric') throw new Error('no numbers');
      return { ...of, counts: countNumbers(of.definition, gaps(values, missing)) };
    };
    const others = normals(1500, 400, { seed: 2 });
    for (const own of [champion, learnt(others)]) {
      expect(moves([champion], [lacking(own, 4, others)])).toEqual([]);
      const line = 'the reference of input/area has moved: 0 % of it was missing, now 10 %';
      expect(moves([champion], [lacking(own, 200, others)])).toEqual([line]);
    }
    expect(moves([lacking(champion, 200, BASE)], [champion])).toEqual([
      'the reference of input/area has moved: 10 % of it was missing, now 0 %',
    ]);
  });

  it('is told where nothing is counted any more, or otherwise', () => {
    expect(moves([learnt(BASE)], [])).toEqual([
      "the reference says nothing of input/area, the champion's does",
    ]);
    const other: Counted = {
      definition: { name: NAME, kind: 'category', categories: ['a'] },
      counts: [2, 9],
    };
    expect(moves([learnt(BASE)], [other])).toEqual([
      'the reference of input/area has moved: it is counted as category, not as numeric',
    ]);
    expect(moves([], [learnt(BASE)])).toEqual([]);
  });

  it('is told of a constant that is another one', () => {
    const constant = (value: number) => learnt(new Array<number>(500).fill(value));
    expect(moves([constant(3)], [constant(3)])).toEqual([]);
    expect(moves([constant(3)], [constant(4)])).toHaveLength(1);
  });

  it('is told of inputs only: answers are what a version is there to change', () => {
    const value = (mean: number): Counted => {
      const { definition, counts } = learnt(normals(mean, 1));
      return { definition: { ...definition, name: SERIES.value }, counts };
    };
    expect(moves([value(0)], [value(9)])).toEqual([]);
  });
});

describe('a reference that says less', () => {
  const told = (champion: object, next: object) =>
    profileChanges(profileOf([], champion), profileOf([], next));

  it('has fewer rows', () => {
    expect(told({ n: 2000 }, { n: 1999 })).toEqual([
      "the reference has 1999 rows, the champion's 2000 rows",
    ]);
    expect(told({ n: 2000 }, { n: 2001 })).toEqual([]);
  });

  it('lacks the calibration', () => {
    const calibration = new Array<number>(UNIT_BINS).fill(0.5);
    const known = { outcomes: { reliability: [], calibration } };
    expect(told(known, {})).toEqual([expect.stringContaining('has no calibration')]);
    expect(told({}, known)).toEqual([]);
  });

  it('lacks the residuals', () => {
    const residuals: Counted = {
      definition: {
        ...numericSeries(SERIES.residualByValue, BASE),
        kind: 'banded',
        edges: [1500],
      },
      counts: [],
    };
    expect(moves([residuals], [])).toEqual([expect.stringContaining('has no residuals')]);
  });

  it('has worse metrics, by their names', () => {
    const champion = {
      accuracy: 0.9,
      recall_cat: 0.8,
      mean_absolute_error: 10,
      pieces: 5,
      loss: 1,
    };
    const next = { accuracy: 0.8, recall_cat: 0.85, mean_absolute_error: 12, pieces: 4, loss: 0.5 };
    expect(told({ metrics: champion }, { metrics: next })).toEqual([
      "metrics are worse: accuracy 0.8 (the champion's 0.9), mean_absolute_error 12 (the champion's 10)",
    ]);
    expect(told({ metrics: champion }, { metrics: champion })).toEqual([]);
    expect(told({ metrics: { accuracy: 1 } }, {})).toEqual([
      'metrics that the champion has are missing: accuracy',
    ]);
  });
});
