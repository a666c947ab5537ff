import { readFileSync } from 'node:fs';
import { type DataSeries, GROUPS, UNIT_BINS, UNIT_MISSING } from '@siskin/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countNumbers, numericSeries } from '../testing/profiles.ts';
import { normal, uniform } from '../testing/random.ts';
import { Alarm } from './alarm.ts';
import { designEffects } from './designEffect.ts';
import { policyOf } from './policy.ts';
import { neededFor } from './power.ts';
import { probesOf, tallyOf } from './probes.ts';
import { significance } from './significance.ts';

interface Needed {
  dimensions: number;
  df: number;
  alpha: number;
  noncentrality: number;
}
interface RateCase {
  hits: number;
  n: number;
  reference_hits: number;
  m: number;
  deff: number;
  df: number;
  p: number;
}
const ORACLE = JSON.parse(
  readFileSync(new URL('../../../test/oracle/drift/alarm.json', import.meta.url), 'utf8'),
) as {
  design_effects: { size: number; hits: number[]; deff: number }[];
  needed: Needed[];
  rates: RateCase[];
};

const UNIT: DataSeries = { name: 'share', kind: 'unit' };
/** Each bin alike, and some missing. */
const body = (each: number, missing: number): number[] => [
  ...Array.from({ length: UNIT_BINS }, (_, bin) => [bin, each]).flat(),
  ...(missing > 0 ? [UNIT_MISSING, missing] : []),
];
const at = (probes: ReturnType<typeof probesOf>, name: string): number =>
  probes.list.findIndex((probe) => probe.name === name);

describe('the design effect of a rate', () => {
  const probes = probesOf(UNIT, body(2000, 1000));
  const effectOf = (size: number, hits: readonly number[]): number => {
    const groups = hits.map((hit) => [
      ...(hit < size ? [7, size - hit] : []),
      ...(hit > 0 ? [UNIT_MISSING, hit] : []),
    ]);
    return designEffects(probes, [tallyOf(probes, groups)])[at(probes, 'missing')]!;
  };

  it.each(ORACLE.design_effects)('is that of an analysis of variance: $deff', (one) => {
    expect(effectOf(one.size, one.hits)).toBeCloseTo(one.deff, 10);
  });

  it('is the size of a cluster whose members are all alike, by 16/15 (Kish 1965, §5.4, ρ = 1)', () => {
    const half = Array.from({ length: GROUPS }, (_, group) => (group % 2 === 0 ? 25 : 0));
    expect(effectOf(25, half)).toBeCloseTo((25 * 16) / 15, 10);
  });

  it('is never larger than the largest cluster that groups of one size could be, by 16/15', () => {
    const hits = fc.array(fc.nat(30), { minLength: GROUPS, maxLength: GROUPS });
    fc.assert(
      fc.property(hits, (by) => {
        expect(effectOf(30, by)).toBeLessThanOrEqual((30 * 16) / 15 + 1e-9);
      }),
    );
  });
});

describe('a rate that went up', () => {
  it.each(ORACLE.rates)('$hits of $n, design effect $deff: what SciPy says', (one) => {
    const each = (one.m - one.reference_hits) / UNIT_BINS;
    const probes = probesOf(UNIT, body(each, one.reference_hits));
    const now = (one.n - one.hits) / UNIT_BINS; // shares of bins may be fractions: the body has not moved
    const tally = tallyOf(probes, [body(now, one.hits)]);
    const deffs = probes.list.map(() => one.deff);
    const found = significance(probes, tally, { deffs, df: one.df, clustered: false });
    expect(found.by).toBe('missing');
    expect(found.tests).toBe(2);
    expect(found.p / one.p).toBeCloseTo(1, 6);
  });
});

describe('what it takes', () => {
  it.each(ORACLE.needed)('agrees with the non-central F: $dimensions, $df, $alpha', (one) => {
    const { noncentrality, ...about } = one;
    const ratio = (0.1 * neededFor(0.1, about)) / noncentrality;
    expect(ratio).toBeGreaterThan(0.85);
    expect(ratio).toBeLessThan(1.05);
  });

  /** How often a shift of PSI .1 is significant in three windows that hold just what is needed. */
  function powerOf(runs: number, each: number, icc: number): number {
    const random = uniform(17);
    const gauss = normal(random);
    const rows = Array.from({ length: 50_000 }, gauss);
    const size = numericSeries('size', rows);
    const reference = countNumbers(size, rows);
    // As if the series were one of thirty.
    const policy = policyOf({ q: 0.005 / 30 });
    const windowOf = (n: number, shift: number) => {
      const groups = Array.from({ length: GROUPS }, (): number[] => []);
      for (let i = 0; i < n / each; i++) {
        const group = groups[Math.floor(random() * GROUPS)]!;
        const habit = gauss() * Math.sqrt(icc);
        for (let j = 0; j < each; j++) group.push(habit + gauss() * Math.sqrt(1 - icc) + shift);
      }
      return groups.map((values) => countNumbers(size, values));
    };
    let found = 0;
    for (let run = 0; run < runs; run++) {
      const alarm = new Alarm([{ series: size, reference }], policy);
      let n = 500;
      const deffs: number[] = [];
      for (let i = 0; i < 24; i++) {
        const counts = windowOf(n, 0);
        const state = alarm.next(i, () => counts).series[0]!;
        if (i >= 12) deffs.push(state.deff);
        const mean = deffs.reduce((a, b) => a + b, 0) / Math.max(deffs.length, 1);
        if (i > 14) n = Math.round((state.neededN * mean) / 3);
      }
      let q = 1;
      for (let i = 0; i < 3; i++) {
        const counts = windowOf(n, Math.sqrt(0.1));
        q = alarm.next(24 + i, () => counts).series[0]!.q;
      }
      if (q <= policy.q) found++;
    }
    return found / runs;
  }

  it.each([
    [1, 0],
    [10, 0.3],
  ])('is a power of about 80 %: %i predictions a device, correlation %d', (each, icc) => {
    const power = powerOf(200, each, icc);
    expect(power).toBeGreaterThan(0.7);
    expect(power).toBeLessThan(0.9);
  });
});
