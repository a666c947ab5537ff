import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { columnOf, lcg } from '../testing/columns.ts';
import type { Column, Kind } from './column.ts';
import { asEvidently, type EvidentlyTest } from './evidently.ts';

type Cell = string | number | null;
type Scores = Record<string, { score?: number | null; threshold?: number; drifted?: boolean }>;

function read<T>(name: string): T {
  const url = new URL(`../../../test/oracle/drift/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}

/** Ranks say all there is to these; the others go through a series, an integral or an interpolation. */
const TOLERANCE: Record<string, { relative: number; absolute: number }> = {
  // Evidently takes 1 − P of a series: the last bits of 1 are all that is left of a small p.
  cramer_von_mises: { relative: 1e-5, absolute: 1e-14 },
};

function agree(ours: number, theirs: number, test: string): boolean {
  const { relative, absolute } = TOLERANCE[test] ?? { relative: 1e-6, absolute: 1e-15 };
  return Math.abs(ours - theirs) <= Math.max(relative * Math.abs(theirs), absolute);
}

/** Where Evidently's answer is what rounding left of 0/0, and ours an error. */
const NOISE = new Set(['constant 250 100 es']);

function expectScores(column: Column, wanted: Scores, title: string): number {
  const { tests } = asEvidently(column);
  let compared = 0;
  for (const [test, theirs] of Object.entries(wanted)) {
    const label = `${title} ${test}`;
    const ours = tests[test as EvidentlyTest];
    if (ours === undefined) throw new Error(`${label} is missing`);
    if (typeof theirs.score !== 'number' || NOISE.has(label)) {
      expect(ours, label).toHaveProperty('error');
      continue;
    }
    if ('error' in ours) throw new Error(`${label}: ${ours.error}`);
    expect(agree(ours.score, theirs.score, test), `${label}: ${ours.score}, ${theirs.score}`).toBe(
      true,
    );
    expect({ ...ours, score: 0, pValue: 0 }, label).toEqual({ ...theirs, score: 0, pValue: 0 });
    compared++;
  }
  return compared;
}

describe.each(['evidently_iris', 'evidently_wine', 'evidently_synthetic'])('%s', (name) => {
  const { features } = read<{
    features: Record<
      string,
      {
        type: 'num' | 'cat';
        reference: Cell[];
        expected: Record<'null' | 'shift', Scores>;
      } & Record<'current_null' | 'current_shift', Cell[]>
    >;
  }>(name);
  const cases = Object.entries(features).flatMap(([feature, x]) =>
    (['null', 'shift'] as const).map((shift) => ({ feature, shift, x })),
  );

  it.each(cases)('$feature $shift', ({ feature, shift, x }) => {
    const kind: Kind = x.type === 'num' ? 'numeric' : 'categorical';
    const column = columnOf(feature, kind, x.reference, x[`current_${shift}`]);
    const { _default, ...others } = x.expected[shift];
    const own = Object.entries(others).filter(([test]) => !test.startsWith('_'));
    const chosen = (_default as unknown as { test: string }).test;
    expect(asEvidently(column).chosen).toBe(chosen);
    const { tests } = asEvidently(column, [chosen as EvidentlyTest]);
    expect(Object.keys(tests)).toEqual([chosen]);
    const all = { ...Object.fromEntries(own), [chosen]: withoutName(_default!) };
    expect(expectScores(column, all, feature)).toBeGreaterThan(3);
  });
});

function withoutName({ score, threshold, drifted }: Scores[string]): Scores[string] {
  return { score: score!, threshold: threshold!, drifted: drifted! };
}

describe('Evidently’s own code on further columns', () => {
  interface Case {
    title: string;
    kind: Kind;
    reference?: Cell[];
    current?: Cell[];
    make?: [Parameters<typeof lcg>, Parameters<typeof lcg>];
    evidently: { error: string } | { error?: undefined; chosen: string; tests: Scores };
  }
  const { cases } = read<{ cases: Case[] }>('peers');

  it.each(cases)('$title', ({ title, kind, make, evidently, ...sides }) => {
    const reference = make === undefined ? sides.reference! : lcg(...make[0]);
    const current = make === undefined ? sides.current! : lcg(...make[1]);
    const column = columnOf('x', kind, reference, current);
    if (evidently.error !== undefined) {
      expect(() => asEvidently(column)).toThrow(/column "x" has no value in the .* file/);
      return;
    }
    expect(asEvidently(column).chosen).toBe(evidently.chosen);
    expectScores(column, evidently.tests, title);
    const { tests } = asEvidently(column);
    expect(Object.keys(tests).sort()).toEqual(Object.keys(evidently.tests).sort());
  });

  it('covers sizes, ties, categories on one side and errors', () => {
    expect(cases.length).toBeGreaterThan(100);
    const tests = cases.flatMap((c) => ('tests' in c.evidently ? [c.evidently.tests] : []));
    const count = (test: string) => tests.filter((t) => typeof t[test]?.score === 'number').length;
    for (const test of ['ks', 'es', 'anderson', 'mannw', 't_test', 'cramer_von_mises', 'z']) {
      expect(count(test), test).toBeGreaterThan(30);
    }
  });
});

describe('categories', () => {
  it('that are all numbers are ordered as numbers, and 1.0 is 1', () => {
    const column = columnOf('x', 'categorical', ['10', '9', '1.0'], ['1', '1', '9']);
    expect(column).toMatchObject({ categories: [1, 9, 10] });
    // z is of what is not the least value: 2 of 3 against 1 of 3, pooled ½. As texts "10" is less than "9".
    const { tests } = asEvidently(column, ['z']);
    expect((tests.z as { score: number }).score).toBeCloseTo(2 * 0.2071081, 6); // P(|Z| > √⅔)
  });

  it('with one that is not a number are ordered as texts, by code point', () => {
    const column = columnOf('x', 'categorical', ['10', '9', 'b'], ['\u{1F600}', '\uFF5E']);
    expect(column).toMatchObject({ categories: ['10', '9', 'b', '\uFF5E', '\u{1F600}'] });
  });
});
