import { readFileSync } from 'node:fs';
import {
  type BandedSeries,
  bandOf,
  binCount,
  binOf,
  type DataSeries,
  FIRST_CATEGORY,
  type ModelSpec,
  SERIES,
  sizeOf,
  toSparse,
  UNIT_BINS,
} from '@siskin/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decomposition, Part } from '../conceptReport.ts';
import { Calibration, RELIABILITY_SIZE } from './cbpe.ts';
import { conceptOf } from './concept.ts';
import { jackknife } from './jackknife.ts';
import { residualsOf, shareOfLarge } from './residuals.ts';
import type { ConceptRow } from './tally.ts';

interface Classes {
  reference: { reliability: number[]; calibration: number[] };
  confidence: number[][];
  reliability: number[][];
  expected: Decomposition & { all: { n: number; accuracy: number; standardError: number } };
}
interface Numbers {
  edges: number[];
  reference: [value: number, residual: number][];
  rows: [value: number, residual: number, group: number][];
  expected: { size: Decomposition; bias: Decomposition; referenceSigma: number };
}
/** Computed on raw rows by NumPy and SciPy: test/oracle/concept/decomposition.py. */
const ORACLE: { classification: Record<string, Classes>; regression: Record<string, Numbers> } =
  JSON.parse(
    readFileSync(
      new URL('../../../test/oracle/concept/decomposition.json', import.meta.url),
      'utf8',
    ),
  );

const CLASSES: Pick<ModelSpec, 'outputs'> = {
  outputs: [{ kind: 'classification', labels: ['a', 'b'], logits: false }],
};
const NUMBERS: Pick<ModelSpec, 'outputs'> = {
  outputs: [{ kind: 'regression', transform: 'identity' }],
};

/** Zeros for the bins that the oracle leaves out: missing, invalid. */
const filled = (counts: number[], size: number) =>
  Float64Array.from({ length: size }, (_, i) => counts[i] ?? 0);

function rowsOf(series: string, groups: readonly ArrayLike<number>[], window = 0): ConceptRow[] {
  return groups.map((counts, group) => ({ series, group, window, counts: toSparse(counts) }));
}

function expectPart(part: Part, expected: Part, digits = 9): void {
  expect(part.value).toBeCloseTo(expected.value, digits);
  expect(part.standardError).toBeCloseTo(expected.standardError, digits);
  expect(part.p).toBeCloseTo(expected.p, digits);
}

const profileOf = ({ reference }: Classes) => ({
  series: [],
  outcomes: {
    reliability: toSparse(reference.reliability),
    calibration: reference.calibration,
  },
});

const VERDICT_OF: Record<string, string> = {
  'as the reference': 'no drift',
  'harder inputs': 'inputs explain it',
  'another concept': 'concept drift',
  'both, few labels': 'both',
  'prices up 20 %': 'concept drift',
  'larger houses': 'inputs explain it',
};

describe('accuracy, from counts', () => {
  it.each(Object.entries(ORACLE.classification))(
    '%s: is what NumPy finds in the rows',
    (name, given) => {
      const report = conceptOf(CLASSES, profileOf(given), [
        ...rowsOf(SERIES.reliability, given.reliability),
        ...rowsOf(SERIES.confidence, given.confidence),
      ])!;
      const { expected } = given;
      expect(report).toMatchObject({ measure: 'accuracy', verdict: VERDICT_OF[name] });
      expect(report.labels).toBe(expected.labels);
      expect(report.groups).toBe(expected.groups);
      expect(report.reference).toBeCloseTo(expected.reference, 12);
      expect(report.realised).toBeCloseTo(expected.realised, 12);
      expect(report.estimated.labelled).toBeCloseTo(expected.estimated, 12);
      expectPart(report.inputShift!, expected.inputShift);
      expectPart(report.conceptShift!, expected.conceptShift);
      expect(report.estimated.all!.n).toBe(expected.all.n);
      expect(report.estimated.all!.value).toBeCloseTo(expected.all.accuracy, 12);
      expect(report.estimated.all!.standardError).toBeCloseTo(expected.all.standardError, 9);
    },
  );

  it('is estimated where there are no labels at all', () => {
    const given = ORACLE.classification['harder inputs']!;
    const report = conceptOf(
      CLASSES,
      profileOf(given),
      rowsOf(SERIES.confidence, given.confidence),
    )!;
    expect(report).toMatchObject({ verdict: 'not enough labels', labels: 0, realised: null });
    expect(report.estimated.all!.value).toBeCloseTo(given.expected.all.accuracy, 12);
  });

  it('is not judged from labels of few devices, however many they are', () => {
    const given = ORACLE.classification['another concept']!;
    const few = given.reliability.slice(0, 5).map((counts) => counts.map((count) => count * 100));
    const report = conceptOf(CLASSES, profileOf(given), rowsOf(SERIES.reliability, few))!;
    expect(report.labels).toBeGreaterThan(50_000);
    expect(report.verdict).toBe('not enough labels');
  });

  it('is of no model whose reference knows no truths', () => {
    const rows = rowsOf(SERIES.reliability, ORACLE.classification['another concept']!.reliability);
    expect(conceptOf(CLASSES, { series: [] }, rows)).toBeNull();
    expect(conceptOf(NUMBERS, { series: [] }, rows)).toBeNull();
    expect(conceptOf({ outputs: [{ kind: 'tensor' }] }, { series: [] }, rows)).toBeNull();
  });

  it('parts add up, and lie between 0 and 1, whatever was counted', () => {
    const count = fc.integer({ min: 0, max: 50 });
    const counts = fc.array(count, { minLength: 2 * UNIT_BINS, maxLength: 2 * UNIT_BINS });
    const groups = fc.array(counts, { minLength: 2, maxLength: 16 });
    const calibration = fc
      .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 50, maxLength: 50 })
      .map((shares) => shares.sort((a, b) => a - b));
    fc.assert(
      fc.property(counts, calibration, groups, (reference, shares, those) => {
        fc.pre(reference.some((n) => n > 0) && those.every((group) => group.some((n) => n > 0)));
        const of = new Calibration({ reliability: toSparse(reference), calibration: shares });
        const split = of.decompose(those.map((group) => filled(group, RELIABILITY_SIZE)))!;
        expect(split.inputShift.value + split.conceptShift.value).toBeCloseTo(
          split.realised - split.reference,
          10,
        );
        for (const share of [split.realised, split.estimated, split.reference]) {
          expect(share).toBeGreaterThanOrEqual(-1e-12);
          expect(share).toBeLessThanOrEqual(1 + 1e-12);
        }
        expect(split.conceptShift.standardError).toBeGreaterThan(0);
        expect(split.conceptShift.p).toBeGreaterThanOrEqual(0);
        expect(split.conceptShift.p).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the jackknife', () => {
  it('of a mean of equal groups is its textbook standard error', () => {
    // Group means 1, 2, 3, 6: mean 3, sample variance 14/3, standard error² = 14/3 / 4.
    const groups = [1, 2, 3, 6].map((mean) => Float64Array.of(10, 10 * mean));
    const { value, variance } = jackknife(groups, (counts) => counts[1]! / counts[0]!)!;
    expect(value).toBeCloseTo(3, 12);
    expect(variance).toBeCloseTo(14 / 12, 12);
  });

  it('leaves out groups that hold nothing, and knows nothing of one', () => {
    const some = Float64Array.of(4, 2);
    const none = new Float64Array(2);
    expect(jackknife([some, none], () => 0)).toBeUndefined();
    expect(jackknife([some, none, some], () => 0)).toMatchObject({ groups: 2 });
  });
});

/** Bins as fine as the wire's, around residuals of some tens of thousands. */
const bandedOf = (edges: number[], scale: number): BandedSeries => ({
  name: SERIES.residualByValue,
  kind: 'banded',
  center: 0,
  scale,
  atoms: [],
  min: -1e9,
  max: 1e9,
  edges,
});

function countBanded(series: BandedSeries, rows: readonly (readonly number[])[]): Float64Array {
  const counts = new Float64Array(sizeOf(series));
  for (const [value, residual] of rows) {
    counts[bandOf(value!, series.edges) * binCount(series) + binOf(residual, series)]!++;
  }
  return counts;
}

const inGroups = <T extends readonly number[]>(rows: readonly T[], at: number) =>
  Array.from({ length: 16 }, (_, group) => rows.filter((row) => row[at] === group));

describe('residuals in bands', () => {
  it.each(Object.entries(ORACLE.regression))(
    '%s: are what NumPy finds in the rows',
    (name, given) => {
      const series = bandedOf(given.edges, 25_000);
      const reference = toSparse(countBanded(series, given.reference));
      const groups = inGroups(given.rows, 2).map((rows) => countBanded(series, rows));
      const values = { ...series, name: SERIES.value, kind: 'numeric', center: 160_000 } as const;
      const predicted = inGroups(given.rows, 2).map((rows) => {
        const counts = new Float64Array(sizeOf(values));
        for (const [value] of rows) counts[binOf(value, values)]!++;
        return counts;
      });
      const profile = {
        series: [
          { definition: series, counts: reference },
          { definition: values, counts: [] },
        ],
      };
      const report = conceptOf(NUMBERS, profile, [
        ...rowsOf(series.name, groups),
        ...rowsOf(values.name, predicted),
      ])!;
      expect(report).toMatchObject({ measure: 'residual', verdict: VERDICT_OF[name] });

      const { size, bias, referenceSigma } = residualsOf(series, reference, groups)!;
      // A bin's width is 9 % of a residual, and residuals fall evenly on both sides of its middle.
      const tolerance = 0.01 * given.expected.referenceSigma;
      const near = (value: number, expected: number) =>
        expect(Math.abs(value - expected)).toBeLessThan(tolerance);
      near(referenceSigma, given.expected.referenceSigma);
      // Every prediction here has its label, so both estimates are of the same.
      near(report.estimated.all!.value, given.expected.size.estimated);
      expect(report.estimated.all!.n).toBe(given.expected.size.labels);
      for (const [split, expected] of [
        [size, given.expected.size],
        [bias, given.expected.bias],
      ] as const) {
        expect([split.labels, split.groups]).toEqual([expected.labels, expected.groups]);
        near(split.reference, expected.reference);
        near(split.realised, expected.realised);
        near(split.estimated, expected.estimated);
        for (const part of ['inputShift', 'conceptShift'] as const) {
          near(split[part].value, expected[part].value);
          expect(split[part].standardError / expected[part].standardError).toBeCloseTo(1, 1);
        }
      }
    },
  );

  it('leave out bands that the reference does not know', () => {
    const series = bandedOf([100, 200], 10);
    const reference = countBanded(
      series,
      Array.from({ length: 50 }, (_, i) => [50, i - 25]),
    );
    const groups = Array.from({ length: 8 }, () =>
      countBanded(series, [
        ...Array.from({ length: 20 }, (_, i) => [50, i - 10]),
        [150, 900],
        [250, 900],
      ]),
    );
    const { size, bands } = residualsOf(series, toSparse(reference), groups)!;
    expect(size.labels).toBe(160);
    expect(bands.map(({ labels, referenceMean }) => [labels, referenceMean === null])).toEqual([
      [160, false],
      [8, true],
      [8, true],
    ]);
    expect(bands[1]).toMatchObject({ above: 100, upTo: 200 });
  });

  it('are large where they exceed nine in ten of the reference of their band', () => {
    const series = bandedOf([100], 1);
    const spread = (at: number, by: number) =>
      Array.from({ length: 1000 }, (_, i) => [at, (i + 0.5) * by]);
    const reference = toSparse(countBanded(series, [...spread(50, 0.01), ...spread(150, 1)]));
    const share = (rows: number[][]) => shareOfLarge(series, reference, countBanded(series, rows));
    expect(share([...spread(50, 0.01), ...spread(150, 1)])).toBeCloseTo(0.1, 1);
    expect(
      share([
        [50, 9.9],
        [50, 1],
        [150, 9.9],
        [150, -990],
      ]),
    ).toBe(0.5);
    expect(share([])).toBeUndefined();
  });
});

describe('label quality', () => {
  const truth: DataSeries = { name: SERIES.truth, kind: 'category', categories: ['a', 'b'] };
  const given = ORACLE.classification['as the reference']!;
  const counted = (other: number, a: number, b: number) => [0, other, a, b];
  const profile = {
    ...profileOf(given),
    series: [{ definition: truth, counts: toSparse(counted(0, 300, 700)) }],
  };
  const balance = (groups: number[][]) =>
    conceptOf(CLASSES, profile, rowsOf(SERIES.truth, groups))!.balance!;

  it('compares the balance of classes with the reference', () => {
    const even = balance(Array.from({ length: 16 }, (_, g) => counted(0, 30 + (g % 3) - 1, 70)));
    expect(even.moved).toBe(false);
    const tilted = balance(Array.from({ length: 16 }, (_, g) => counted(2, 50 + (g % 3) - 1, 50)));
    expect(tilted.moved).toBe(true);
    expect(tilted.classes!.map(({ label, reference, moved }) => [label, reference, moved])).toEqual(
      [
        ['a', 0.3, true],
        ['b', 0.7, true],
        ['other', 0, false],
      ],
    );
    const shares = tilted.classes!.map(({ share }) => share);
    expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  });

  it('says how often a second truth is another one', () => {
    const counts = new Float64Array(FIRST_CATEGORY + 2);
    counts[FIRST_CATEGORY] = 3;
    counts[FIRST_CATEGORY + 1] = 1;
    const { consistency } = conceptOf(
      CLASSES,
      profile,
      rowsOf(SERIES.consistency, [counts, counts]),
    )!;
    expect(consistency).toEqual({ checked: 8, disagreement: 0.25 });
    expect(conceptOf(CLASSES, profile, [])!.consistency).toBeNull();
  });

  it('compares the median of numbers', () => {
    const number: DataSeries = {
      ...bandedOf([], 10),
      name: SERIES.truth,
      kind: 'numeric',
    } as never;
    const at = (value: number) => {
      const counts = new Float64Array(sizeOf(number));
      counts[binOf(value, number as never)] = 10;
      return counts;
    };
    const series = bandedOf([100], 10);
    const profile = {
      series: [
        { definition: number, counts: toSparse(at(100)) },
        { definition: series, counts: toSparse(countBanded(series, [[1, 1]])) },
      ],
    };
    const { balance } = conceptOf(NUMBERS, profile, rowsOf(SERIES.truth, [at(200), at(200)]))!;
    expect(balance!.median!.reference / 100).toBeCloseTo(1, 1);
    expect(balance!.median!.now / 200).toBeCloseTo(1, 1);
  });
});
