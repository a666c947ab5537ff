import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquareSurvival } from './chiSquareSurvival.ts';
import { gapIntegral } from './gapIntegral.ts';
import { hellinger } from './hellinger.ts';
import { jensenShannon } from './jensenShannon.ts';
import { klDivergence } from './klDivergence.ts';
import { kolmogorovSmirnovP } from './kolmogorovSmirnovP.ts';
import { kolmogorovTail } from './kolmogorovTail.ts';
import { lInfinity } from './lInfinity.ts';
import { psi, psiOfShares } from './psi.ts';
import { totalVariation } from './totalVariation.ts';

type Histogram = [lower: number, upper: number, count: number][];
type Categories = Record<string, number>;
const TFDV: {
  l_infinity: { a: Categories; b: Categories; expected: number }[];
  jsd_histogram: { a: Histogram; b: Histogram; expected: number }[];
} = JSON.parse(
  readFileSync(
    new URL('../../../test/oracle/drift/tfdv_metrics_test.json', import.meta.url),
    'utf8',
  ),
);

describe('TensorFlow Data Validation’s own expectations', () => {
  it.each(TFDV.l_infinity)('L∞ is $expected', ({ a, b, expected }) => {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    const of = (side: Categories) => keys.map((key) => side[key] ?? 0);
    expect(lInfinity(of(a), of(b))).toBeCloseTo(expected, 12);
  });

  it.each(TFDV.jsd_histogram)(
    'the Jensen–Shannon divergence is $expected',
    ({ a, b, expected }) => {
      // Cells between the edges of both, and one for each bin without width; counts spread evenly.
      const edges = [...new Set([...a, ...b].flatMap(([lower, upper, _]) => [lower, upper]))];
      edges.sort((x, y) => x - y);
      const cells = edges.flatMap((edge, i) => [
        [edge, edge],
        [edge, edges[i + 1] ?? edge],
      ]);
      const of = (histogram: Histogram) =>
        cells.map(([from, to]) =>
          histogram.reduce((sum, [lower, upper, count]) => {
            if (lower === upper) return sum + (from === lower && to === upper ? count : 0);
            const inside = Math.min(to!, upper) - Math.max(from!, lower);
            return sum + Math.max(inside, 0) * (count / (upper - lower));
          }, 0),
        );
      expect(jensenShannon(of(a), of(b), 2) ** 2).toBeCloseTo(expected, 8);
    },
  );
});

describe('distances of two shares', () => {
  it('have their textbook values', () => {
    // Shares 9, 12 and 4 of 25 against thirds: the example of Wikipedia's article on the divergence.
    const [p, q] = [
      [9, 12, 4],
      [1, 1, 1],
    ];
    expect(klDivergence(p!, q!)).toBeCloseTo(0.0852996, 7);
    expect(klDivergence(q!, p!)).toBeCloseTo(0.097455, 6);
    expect(hellinger([1, 0], [1, 1])).toBeCloseTo(Math.sqrt(1 - Math.SQRT1_2), 12);
    expect(hellinger([1, 0], [0, 1])).toBe(1);
    expect(totalVariation([9, 1], [5, 5])).toBeCloseTo(0.4, 12);
    expect(lInfinity([0, 9, 1], [3, 7, 0])).toBeCloseTo(0.3, 12);
    expect(jensenShannon([1, 0], [0, 1], 2)).toBe(1);
    expect(klDivergence([1, 1], [1, 0])).toBe(Number.POSITIVE_INFINITY);
  });

  it('keep their order: KL, TV and Hellinger bound each other', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        const share = (x: number[]) => x.map((count) => count / x.reduce((s, c) => s + c, 0));
        const [p, q] = [share(a), share(b)];
        const tv = totalVariation(a, b);
        const h = hellinger(a, b);
        const kl = klDivergence(a, b);
        expect(h * h).toBeLessThanOrEqual(tv + 1e-12);
        expect(tv).toBeLessThanOrEqual(Math.SQRT2 * h + 1e-7);
        expect(tv).toBeLessThanOrEqual(Math.sqrt(kl / 2) + 1e-7); // Pinsker
        expect(lInfinity(a, b)).toBeLessThanOrEqual(tv + 1e-12);
        expect(psiOfShares(p, q)).toBeCloseTo(kl + klDivergence(b, a), 9);
        expect(psi(a, a)).toBe(0);
      }),
    );
  });
});

describe('∫ |F − G|^power', () => {
  it('is SciPy’s on the examples of its documentation', () => {
    // wasserstein_distance([0, 1, 3], [5, 6, 8]) = 5; ([0, 1], [0, 1], [3, 1], [2, 2]) = .25.
    expect(gapIntegral([0, 1, 3, 5, 6, 8], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], 1)).toBeCloseTo(
      5,
    );
    expect(gapIntegral([0, 1], [3, 1], [2, 2], 1)).toBeCloseTo(0.25, 12);
    // energy_distance([0], [2]) = 2 and ([0, 8], [0, 8], [3, 1], [2, 2]) = 1.
    expect(Math.sqrt(2 * gapIntegral([0, 2], [1, 0], [0, 1], 2))).toBeCloseTo(2, 12);
    expect(Math.sqrt(2 * gapIntegral([0, 8], [3, 1], [2, 2], 2))).toBeCloseTo(1, 12);
  });
});

describe('the tail of χ²', () => {
  // scipy.stats.chi2.sf, SciPy 1.10.1.
  it.each([
    [0.2, 1, 0.6547208460185768],
    [41, 40, 0.42647529857943584],
    [700, 700, 0.49289176727180817],
    [3000, 3000, 0.49656643883965135],
    [30489.897948556634, 30000, 0.023189155739855954],
    [315491.93338482967, 300000, 2.0838847363849424e-86],
    [150000, 300000, 1],
  ])('of %d with %d degrees of freedom is %d', (statistic, df, p) => {
    expect(Math.abs(chiSquareSurvival(statistic, df) / p - 1)).toBeLessThan(1e-10);
  });

  it('is 1 at 0, and 0 at the end', () => {
    expect(chiSquareSurvival(0, 4)).toBe(1);
    expect(chiSquareSurvival(Number.POSITIVE_INFINITY, 4)).toBe(0);
    expect(chiSquareSurvival(5000, 4)).toBe(0);
  });
});

describe('Kolmogorov’s distribution', () => {
  // Critical values of D_n: Massey (1951), JASA 46, table 1.
  it.each([
    [5, 0.05, 0.565],
    [10, 0.1, 0.368],
    [10, 0.05, 0.41],
    [15, 0.01, 0.404],
    [20, 0.05, 0.294],
    [30, 0.05, 0.24],
  ])('has the published critical value for %i at %f', (n, p, d) => {
    expect(Math.abs(kolmogorovTail(n, d) / p - 1)).toBeLessThan(0.08);
  });

  it('tends to its limit', () => {
    // Smirnov (1948): the limit's 5 % and 1 % points are 1.358 and 1.628.
    for (const n of [200_000, 2_000_000]) {
      expect(kolmogorovTail(n, 1.3581 / Math.sqrt(n))).toBeCloseTo(0.05, 3);
      expect(kolmogorovTail(n, 1.6276 / Math.sqrt(n))).toBeCloseTo(0.01, 3);
      expect(kolmogorovTail(n, 0.5 / Math.sqrt(n))).toBeCloseTo(0.9639452, 3);
    }
  });

  it('is continuous where the method changes, and falls', () => {
    for (const n of [3, 20, 139, 140, 141, 1000, 99_999, 100_001]) {
      let last = 1;
      for (let z = 0.3; z < 4; z += 0.05) {
        const d = z / Math.sqrt(n);
        if (d >= 1) break;
        const p = kolmogorovTail(n, d);
        expect(p).toBeLessThanOrEqual(last + 1e-9);
        expect(p).toBeGreaterThanOrEqual(0);
        // The density of √n D is below 1.7 everywhere for these n.
        expect(last - p).toBeLessThan(n < 20 ? 0.2 : 0.09);
        last = p;
      }
    }
  });

  it('counts the paths of two samples', () => {
    expect(kolmogorovSmirnovP(1, 3, 3)).toBeCloseTo(2 / 20, 12);
    expect(kolmogorovSmirnovP(1, 2, 3)).toBeCloseTo(2 / 10, 12);
    expect(kolmogorovSmirnovP(1, 4, 7)).toBeCloseTo(2 / 330, 12);
    expect(kolmogorovSmirnovP(0, 4, 7)).toBe(1);
    expect(kolmogorovSmirnovP(0, 5, 5)).toBe(1);
  });

  it('counts them as enumeration does', () => {
    for (const [m, n] of [
      [3, 4],
      [4, 6],
      [5, 5],
      [2, 7],
    ] as const) {
      const all = statistics(m, n);
      for (const d of new Set(all)) {
        const p = all.filter((other) => other >= d - 1e-9).length / all.length;
        expect(kolmogorovSmirnovP(d, m, n), `${m} ${n} ${d}`).toBeCloseTo(p, 12);
      }
    }
  });
});

/** D of every order of m values of one kind and n of another. */
function statistics(m: number, n: number): number[] {
  const walk = (i: number, j: number, d: number): number[] => {
    const next = Math.max(d, Math.abs(i / m - j / n));
    if (i === m && j === n) return [next];
    return [...(i < m ? walk(i + 1, j, next) : []), ...(j < n ? walk(i, j + 1, next) : [])];
  };
  return walk(0, 0, 0);
}
