import { readFileSync } from 'node:fs';
import { type DataSeries, GROUPS, type SparseCounts } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import { normal, uniform } from '../testing/random.ts';
import { benjaminiHochberg } from './benjaminiHochberg.ts';
import { designEffects } from './designEffect.ts';
import { orthonormalPolynomials } from './polynomials.ts';
import { probesOf, tallyOf } from './probes.ts';
import { significance } from './significance.ts';

const oracle = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../test/oracle/drift/${name}`, import.meta.url), 'utf8'));

interface Case {
  masses: number[];
  current: number[];
  rows: number[][];
  p_f30: number;
}
const CASES = (oracle('smooth.json').cases as Case[]).map((one, i) => [i, one] as const);

describe('orthonormal polynomials', () => {
  it.each(CASES)('are those of a QR decomposition, case %i', (_, one) => {
    const rows = orthonormalPolynomials(one.masses, 4);
    rows.forEach((row, k) => {
      row.forEach((value, bin) => {
        expect(value).toBeCloseTo(one.rows[k]![bin]!, 8);
      });
    });
  });

  it('are fewer where fewer bins have mass', () => {
    expect(orthonormalPolynomials([3, 0, 5], 4)).toHaveLength(1);
    expect(orthonormalPolynomials([7], 4)).toHaveLength(0);
  });
});

describe('Benjamini–Hochberg', () => {
  it.each(['null', 'shift'])('adjusts as statsmodels does: %s', (set) => {
    const { p, fdr_bh } = oracle('multiple_testing.json').sets[set];
    benjaminiHochberg(p).forEach((value, i) => {
      expect(value).toBeCloseTo(fdr_bh.adjusted[i], 9);
    });
  });

  it('leaves out what is no p-value', () => {
    expect(benjaminiHochberg([0.01, Number.NaN, 0.04])).toEqual([0.02, Number.NaN, 0.04]);
  });
});

const UNIT: DataSeries = { name: 'share', kind: 'unit' };

describe('the smooth test', () => {
  it.each(CASES.slice(0, 2))('has the statistic and p-value of SciPy, case %i', (_, one) => {
    // Twenty bins of the unit interval, each a cell of its own.
    const counts = (byBin: number[]): SparseCounts => byBin.flatMap((n, i) => (n ? [i, n] : []));
    const probes = probesOf(UNIT, counts(one.masses));
    const tally = tallyOf(probes, [counts(one.current)]);
    const deffs = probes.list.map(() => 1);
    const found = significance(probes, tally, { deffs, df: 30, clustered: false });
    // No values missing or invalid on either side, and cells too large for tails: one test.
    expect(found.p).toBeCloseTo(one.p_f30, 9);
  });
});

describe('the design effect', () => {
  const probes = probesOf(UNIT, Array.from({ length: 50 }, (_, bin) => [bin, 2000]).flat());
  /** Mean effect of the first polynomial over 200 windows of 100 devices of 10 predictions. */
  function meanEffect(icc: number): number {
    const random = uniform(7);
    const gauss = normal(random);
    let sum = 0;
    for (let window = 0; window < 200; window++) {
      const groups = Array.from({ length: GROUPS }, () => new Float64Array(50));
      for (let device = 0; device < 100; device++) {
        const group = groups[Math.floor(random() * GROUPS)]!;
        const habit = gauss() * Math.sqrt(icc);
        for (let i = 0; i < 10; i++) {
          const rank = cdf(habit + gauss() * Math.sqrt(1 - icc));
          group[Math.min(49, Math.floor(rank * 50))]!++;
        }
      }
      const counts = groups.map((dense) => [...dense].flatMap((n, bin) => (n ? [bin, n] : [])));
      sum += designEffects(probes, [tallyOf(probes, counts)])[0]!;
    }
    return sum / 200;
  }
  /** Logistic approximation of the normal distribution function, within .0001 (Page 1977). */
  const cdf = (x: number): number => 1 / (1 + Math.exp(-1.5976 * x - 0.070566 * x ** 3));

  it('is 1 for independent predictions', () => {
    expect(meanEffect(0)).toBeGreaterThan(0.93);
    expect(meanEffect(0)).toBeLessThan(1.07);
  });

  it('is 1 + 9 × .29 where ten predictions of a device correlate by .3, .29 in ranks', () => {
    // Spearman's correlation of normal values: 6/π asin(.3/2) (Kruskal 1958).
    const expected = 1 + 9 * ((6 / Math.PI) * Math.asin(0.15));
    expect(meanEffect(0.3) / expected).toBeGreaterThan(0.92);
    expect(meanEffect(0.3) / expected).toBeLessThan(1.08);
  });
});
