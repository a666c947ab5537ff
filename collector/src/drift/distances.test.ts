import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquare } from '../distances/chiSquare.ts';
import { chiSquareSurvival } from '../distances/chiSquareSurvival.ts';
import { jensenShannon } from '../distances/jensenShannon.ts';
import { kolmogorovSmirnov } from '../distances/kolmogorovSmirnov.ts';
import { noiseCorrected, psi } from '../distances/psi.ts';
import { wasserstein } from '../distances/wasserstein.ts';
import { massesOf, moments, segmentsOf } from '../distribution.ts';
import { countNumbers, numericSeries } from '../testing/profiles.ts';
import { normal, uniform } from '../testing/random.ts';
import { rateIncrease } from './rateIncrease.ts';

interface Oracle {
  features: Record<
    string,
    {
      type: 'num' | 'cat';
      reference: number[];
      current_null: number[];
      current_shift: number[];
      expected: Record<
        'null' | 'shift',
        {
          psi: { score: number };
          jensenshannon: { score: number };
          _scipy?: { ks_stat: number; wasserstein_raw: number; ref_std_ddof: number };
          _bins?: { ref: number[]; cur: number[] };
        }
      >;
    }
  >;
}

function oracle(name: string) {
  const url = new URL(`../../../test/oracle/drift/${name}.json`, import.meta.url);
  const { features } = JSON.parse(readFileSync(url, 'utf8')) as Oracle;
  return Object.entries(features).flatMap(([feature, x]) =>
    (['null', 'shift'] as const).map((shift) => ({
      title: `${name} ${feature} ${shift}`,
      reference: x.reference,
      current: x[`current_${shift}`],
      ...x.expected[shift],
    })),
  );
}
const ORACLE = [...oracle('evidently_synthetic'), ...oracle('evidently_iris')];
const WITH_BINS = ORACLE.filter((c) => c._bins !== undefined);
const WITH_RAW = ORACLE.filter((c) => c._scipy !== undefined);

/** Evidently's convention for empty shares. */
function filled(shares: readonly number[]): number[] {
  const least = Math.min(...shares.filter((share) => share > 0));
  const fill = least <= 1e-4 ? least / 1e6 : 1e-4;
  return shares.map((share) => (share === 0 ? fill : share));
}

describe('PSI', () => {
  it.each(WITH_BINS)('is Evidently’s on $title, its fill taken', ({ _bins, psi: expected }) => {
    // A thousand million million observations: Jeffreys' ½ is nothing beside them.
    const many = (shares: number[]) => filled(shares).map((share) => share * 1e15);
    expect(WITH_BINS.length).toBeGreaterThan(8);
    // Filled shares add up to a little more than 1, which ours evens out.
    expect(psi(many(_bins!.ref), many(_bins!.cur)) / expected.score).toBeCloseTo(1, 2);
  });

  it('adds ½ to every count', () => {
    // Shares 10.5/21 and 10.5/21 against 0.5/21 and 20.5/21.
    const expected = (10 / 21) * Math.log(21) + (10 / 21) * Math.log(20.5 / 10.5);
    expect(psi([10, 10], [0, 20])).toBeCloseTo(expected, 12);
    expect(psi([5e8, 5e8], [2.5e8, 7.5e8])).toBeCloseTo(Math.log(3) / 4, 6);
  });

  it('is, of two samples of one distribution, its noise on average', () => {
    const random = uniform(11);
    const draw = (n: number): number[] => {
      const counts = new Array<number>(20).fill(0);
      for (let i = 0; i < n; i++) counts[Math.floor(random() * 20)]!++;
      return counts;
    };
    let total = 0;
    for (let i = 0; i < 400; i++) total += psi(draw(2000), draw(1000));
    expect(total / 400).toBeCloseTo(19 * (1 / 1000 + 1 / 2000), 3);
    expect(noiseCorrected(0.1285, 20, 1000, 2000)).toBeCloseTo(0.1, 12);
    expect(noiseCorrected(0.01, 20, 1000, 2000)).toBe(0);
  });
});

describe('Jensen–Shannon distance', () => {
  it.each(WITH_BINS)('is Evidently’s on $title', ({ _bins, jensenshannon }) => {
    expect(jensenShannon(_bins!.ref, _bins!.cur)).toBeCloseTo(jensenshannon.score, 9);
  });

  it('is scipy’s', () => {
    // The examples of scipy.spatial.distance.jensenshannon, converted to base e.
    expect(jensenShannon([1, 0, 0], [0, 1, 0])).toBeCloseTo(Math.sqrt(Math.LN2), 12);
    expect(jensenShannon([1, 0], [0.5, 0.5])).toBeCloseTo(0.46450140402245893, 12);
    expect(jensenShannon([1, 0, 0], [1, 0, 0])).toBe(0);
  });
});

describe('Kolmogorov–Smirnov and Wasserstein on bins', () => {
  it.each(WITH_RAW)('follow SciPy’s on raw values: $title', ({ reference, current, _scipy }) => {
    const series = numericSeries('x', reference);
    const segments = segmentsOf(series);
    const p = massesOf(segments, countNumbers(series, reference));
    const q = massesOf(segments, countNumbers(series, current));
    const { ks_stat, wasserstein_raw, ref_std_ddof } = _scipy!;
    expect(Math.abs(kolmogorovSmirnov(p, q) - ks_stat)).toBeLessThan(0.01);
    expect(Math.abs(wasserstein(segments, p, q) - wasserstein_raw) / ref_std_ddof).toBeLessThan(
      0.005,
    );
  });

  // The target of the bins: KS ≤ .0015 and W1/σ ≤ .0006 against raw data, 100 000 values.
  const N = 100_000;
  const random = uniform(2026);
  const gauss = normal(random);
  const families: [string, (shift: number) => number][] = [
    ['normal', (shift) => gauss() * (1 + shift / 2) + shift],
    ['lognormal', (shift) => Math.exp(gauss() * (1 + shift / 2) + shift)],
    ['offset', (shift) => 300 + gauss() * (1 + shift / 2) + shift],
    [
      'mixture with zeros and negatives',
      (shift) => {
        const u = random();
        return u < 0.3 ? 0 : u < 0.6 ? gauss() - 5 + shift : Math.exp(1 + gauss() + shift);
      },
    ],
  ];
  it.each(families)('lose no more than their bins do: %s', (_, draw) => {
    const reference = Array.from({ length: N }, () => draw(0));
    const current = Array.from({ length: N }, () => draw(0.1));
    const series = numericSeries('x', reference);
    const segments = segmentsOf(series);
    const p = massesOf(segments, countNumbers(series, reference));
    const q = massesOf(segments, countNumbers(series, current));
    const raw = rawDistances(reference, current);
    expect(raw.ks).toBeGreaterThan(0.01);
    expect(Math.abs(kolmogorovSmirnov(p, q) - raw.ks)).toBeLessThan(0.0015);
    const sigma = moments(segments, p)!.sigma;
    expect(Math.abs(wasserstein(segments, p, q) - raw.wasserstein) / sigma).toBeLessThan(0.0006);
  });

  it('count an atom at its own value', () => {
    const series = { ...numericSeries('x', [-10, 0, 10]), atoms: [0.01], center: 0, scale: 1 };
    const segments = segmentsOf(series);
    const all = (value: number) => massesOf(segments, countNumbers(series, [value]));
    expect(wasserstein(segments, all(0.01), all(-3))).toBeCloseTo(3.01, 0);
    expect(kolmogorovSmirnov(all(0.01), all(-3))).toBe(1);
    for (let i = 1; i < segments.length; i++) {
      expect(segments[i]!.lower).toBeGreaterThanOrEqual(segments[i - 1]!.upper);
    }
  });

  it('cross inside a bin without cancelling', () => {
    // F − G runs from +½ to −½ across the second bin: two triangles, not a zero.
    const segments = [0, 1, 2].map((lower) => ({ lower, upper: lower + 1 }));
    expect(wasserstein(segments, [2, 0, 2], [0, 4, 0])).toBeCloseTo(0.75, 12);
  });

  it('are 0 for equal shares, symmetric, and see a shift as its length', () => {
    const masses = fc.array(fc.nat(50), { minLength: 10, maxLength: 10 });
    const segments = Array.from({ length: 12 }, (_, i) => ({ lower: i, upper: i + 1 }));
    fc.assert(
      fc.property(masses, masses, fc.integer({ min: 1, max: 9 }), (a, b, times) => {
        fc.pre(a.some((x) => x > 0) && b.some((x) => x > 0));
        const [p, q] = [
          [...a, 0, 0],
          [...b, 0, 0],
        ];
        expect(kolmogorovSmirnov(p, q)).toBeCloseTo(kolmogorovSmirnov(q, p), 12);
        expect(wasserstein(segments, p, q)).toBeCloseTo(wasserstein(segments, q, p), 12);
        const scaled = p.map((x) => x * times);
        expect(kolmogorovSmirnov(p, scaled)).toBeCloseTo(0, 12);
        expect(jensenShannon(p, scaled)).toBeCloseTo(0, 7);
        expect(wasserstein(segments, p, [0, 0, ...a])).toBeCloseTo(2, 9);
      }),
    );
  });
});

describe('χ²', () => {
  // Critical values: NIST/SEMATECH e-Handbook of Statistical Methods, §1.3.6.7.4.
  it.each([
    [1, 0.05, 3.841],
    [2, 0.05, 5.991],
    [5, 0.05, 11.07],
    [10, 0.05, 18.307],
    [30, 0.05, 43.773],
    [100, 0.05, 124.342],
    [1, 0.001, 10.828],
    [10, 0.001, 29.588],
    [100, 0.001, 149.449],
  ])('has the published critical value for %i degrees of freedom at %f', (df, p, critical) => {
    expect(chiSquareSurvival(critical, df) / p).toBeCloseTo(1, 2);
  });

  it('is scipy.stats.chi2_contingency’s on the example of its documentation', () => {
    const { statistic, df, p } = chiSquare([20, 20, 20], [10, 10, 20], true);
    expect(statistic).toBeCloseTo(2.7777777777777777, 12);
    expect(df).toBe(2);
    expect(p).toBeCloseTo(0.24935220877729619, 12);
  });

  it('keeps its small tail', () => {
    // P(χ²₁ ≥ 100) = erfc(√50) = 1.523970604832e-23.
    expect(chiSquareSurvival(100, 1) / 1.523970604832105e-23).toBeCloseTo(1, 9);
  });

  it('merges until each sample expects five in every bin', () => {
    // The smaller sample (12) expects 12/24 of each bin: neighbours join in threes.
    expect(chiSquare([4, 4, 4, 0, 0, 0], [0, 0, 0, 4, 4, 4], true)).toMatchObject({
      statistic: 24,
      df: 1,
    });
    // Categories have no neighbours: the two rare ones join, and then the least of the others.
    expect(chiSquare([1, 40, 40, 3], [3, 40, 40, 1], false)).toMatchObject({ statistic: 0, df: 1 });
    expect(chiSquare([3], [4], true)).toEqual({ statistic: 0, df: 0, p: 1 });
    expect(chiSquare([], [], false)).toEqual({ statistic: 0, df: 0, p: 1 });
  });
});

describe('a rate’s increase', () => {
  it('is Fisher’s exact test, one-sided', () => {
    // The lady tasting tea (Fisher 1935): three of four right, 17/70.
    expect(rateIncrease(3, 4, 1, 4)).toBeCloseTo(17 / 70, 12);
    expect(rateIncrease(4, 4, 0, 4)).toBeCloseTo(1 / 70, 12);
    expect(rateIncrease(8, 10, 1, 6)).toBeCloseTo(196 / 8008, 12);
  });

  it('does not take one missing value in a hundred for a shift', () => {
    expect(rateIncrease(1, 100, 0, 2000)).toBeCloseTo(100 / 2100, 12);
  });

  it('is 1 where the rate went down or nothing is known', () => {
    expect(rateIncrease(1, 100, 30, 2000)).toBe(1);
    expect(rateIncrease(0, 0, 0, 10)).toBe(1);
    expect(rateIncrease(5, 10, 0, 0)).toBe(1);
  });

  it('holds for a million observations', () => {
    const p = rateIncrease(10_500, 1_000_000, 10_000, 1_000_000);
    // Normal approximation: z = 500/√(2·10 250·(1 − .01025)) = 3.510, p = 2.2e-4.
    expect(p).toBeGreaterThan(2e-4);
    expect(p).toBeLessThan(2.6e-4);
  });
});

/** On the sorted values themselves: an independent way to the same two numbers. */
function rawDistances(a: readonly number[], b: readonly number[]) {
  const x = Float64Array.from(a).sort();
  const y = Float64Array.from(b).sort();
  let [i, j, ks, distance] = [0, 0, 0, 0];
  let last = Math.min(x[0]!, y[0]!);
  while (i < x.length || j < y.length) {
    const at = Math.min(x[i] ?? Number.POSITIVE_INFINITY, y[j] ?? Number.POSITIVE_INFINITY);
    distance += Math.abs(i / x.length - j / y.length) * (at - last);
    while (i < x.length && x[i] === at) i++;
    while (j < y.length && y[j] === at) j++;
    ks = Math.max(ks, Math.abs(i / x.length - j / y.length));
    last = at;
  }
  return { ks, wasserstein: distance };
}
