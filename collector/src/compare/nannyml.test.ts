import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { columnOf, lcg } from '../testing/columns.ts';
import type { Kind } from './column.ts';
import { chunksOf } from './nannyml/chunks.ts';
import { upperThreshold } from './nannyml/threshold.ts';
import { asNannyml, type NannymlTest } from './nannyml.ts';

type Cell = string | number | null;
type Numbers = (number | null)[];

function read<T>(name: string): T {
  const url = new URL(`../../../test/oracle/drift/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}

function expectClose(ours: Numbers, theirs: Numbers, label: string): void {
  expect(ours.length, label).toBe(theirs.length);
  for (const [i, wanted] of theirs.entries()) {
    const got = ours[i]!;
    if (wanted === null || got === null) expect(got, label).toBe(wanted);
    else {
      const off = Math.abs(got - wanted) > Math.max(1e-6 * Math.abs(wanted), 1e-14);
      expect(off, `${label} ${i}: ${got}, ${wanted}`).toBe(false);
    }
  }
}

describe('scikit-learn’s digits in chunks of 100', () => {
  interface Method {
    reference_chunk_values: number[];
    upper_threshold: number | null;
    chunks: { value: number; alert: boolean; p_value: number | null }[];
  }
  const { features } = read<{
    features: Record<string, { type: 'num' | 'cat'; expected: Record<string, Method> }>;
  }>('nannyml_univariate_digits');
  const digits = read<Record<'pixel_2_4' | 'ink' | 'target', number[]>>('digits');
  const REFERENCE = 1200;
  const columns: Record<string, number[]> = {
    pixel_2_4: digits.pixel_2_4.map((x, i) => (i < REFERENCE ? x : Math.min(x + 2, 16))),
    mean_ink: digits.ink.map((x, i) => (x / 64) * (i < REFERENCE ? 1 : 1.15)),
    target: digits.target,
  };
  const cases = Object.entries(features).flatMap(([feature, { type, expected }]) =>
    Object.entries(expected)
      // The estimate from a histogram is for 10 000 rows: peers.json has it.
      .filter(([method]) => !method.endsWith('_estimated'))
      .map(([method, wanted]) => ({
        feature,
        kind: (type === 'num' ? 'numeric' : 'categorical') as Kind,
        method: method.replace('_exact', '') as NannymlTest,
        wanted,
      })),
  );

  it.each(cases)('$feature $method', ({ feature, kind, method, wanted }) => {
    const values = columns[feature]!;
    const reference = values.slice(0, REFERENCE);
    const compare = (current: number[]) => {
      const result = asNannyml(columnOf(feature, kind, reference, current), { size: 100 }, [method])
        .tests[method];
      if (result === undefined || 'error' in result) throw new Error(result?.error ?? 'missing');
      return result;
    };
    const { chunks, threshold, drifted, score } = compare(values.slice(REFERENCE));
    expectClose(
      chunks.map(({ value }) => value),
      wanted.chunks.map(({ value }) => value),
      method,
    );
    expect(chunks.map(({ alert }) => alert)).toEqual(wanted.chunks.map(({ alert }) => alert));
    expectClose([threshold], [wanted.upper_threshold], 'threshold');
    expect(drifted).toBe(wanted.chunks.some(({ alert }) => alert));
    expect(score).toBe(Math.max(...chunks.map(({ value }) => value!)));
    expectClose(
      compare(reference).chunks.map(({ value }) => value),
      wanted.reference_chunk_values,
      `${method} of the reference`,
    );
  });
});

describe('NannyML’s own code on further columns', () => {
  interface Method {
    error?: string;
    upper: number | null;
    values: Numbers;
    alerts: (0 | 1)[];
    p?: Numbers;
  }
  interface Case {
    title: string;
    kind: Kind;
    chunkSize: number | null;
    chunkNumber: number | null;
    reference?: Cell[];
    current?: Cell[];
    make?: [Parameters<typeof lcg>, Parameters<typeof lcg>];
    nannyml: Record<string, Method>;
  }
  const { cases } = read<{ cases: Case[] }>('peers');

  it.each(cases)('$title', ({ kind, make, nannyml, chunkSize, chunkNumber, ...sides }) => {
    const reference = make === undefined ? sides.reference! : lcg(...make[0]);
    const current = make === undefined ? sides.current! : lcg(...make[1]);
    const column = columnOf('x', kind, reference, current);
    const chunking = { size: chunkSize ?? undefined, number: chunkNumber ?? undefined };
    const { chosen, tests } = asNannyml(column, chunking);
    expect(chosen).toBe('jensen_shannon');
    expect(Object.keys(tests).sort()).toEqual(Object.keys(nannyml).sort());
    for (const [method, theirs] of Object.entries(nannyml)) {
      const ours = tests[method as NannymlTest]!;
      const undefinedThere =
        theirs.error !== undefined ||
        theirs.values.every((value) => value === null) ||
        (theirs.upper === null && method !== 'chi2');
      if (undefinedThere) {
        expect(ours, method).toHaveProperty('error');
        continue;
      }
      if ('error' in ours) throw new Error(`${method}: ${ours.error}`);
      expectClose([ours.threshold], [theirs.upper], `${method} threshold`);
      const of = <K extends 'value' | 'alert' | 'pValue'>(key: K) => ours.chunks.map((c) => c[key]);
      expectClose(of('value'), theirs.values, method);
      expect(of('alert').map(Number), method).toEqual(theirs.alerts);
      if (theirs.p !== undefined) expectClose(of('pValue') as Numbers, theirs.p, 'p');
    }
  });
});

describe('chunks', () => {
  it('are ten, and one for the rest', () => {
    expect(chunksOf(100, {})).toHaveLength(10);
    expect(chunksOf(25, {}).at(-1)).toEqual([24, 25]);
    expect(chunksOf(25, {})).toHaveLength(13);
    expect(chunksOf(25, { size: 10 })).toEqual([
      [0, 10],
      [10, 20],
      [20, 25],
    ]);
    expect(chunksOf(9, { number: 3 })).toHaveLength(3);
  });

  it('want as many rows', () => {
    expect(() => chunksOf(9, {})).toThrow('9 rows cannot be 10 chunks');
    expect(() => chunksOf(2, { number: 3 })).toThrow('--chunk-number');
  });
});

describe('the threshold', () => {
  it('is the one of the documentation of NannyML', () => {
    // StandardDeviationThreshold of range(10): 4.5 + 3 · √8.25.
    expect(upperThreshold([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])).toBeCloseTo(13.116843969807043, 12);
    expect(upperThreshold([null, 1, null])).toBe(1);
    expect(upperThreshold([0, 1], 1)).toBe(1);
    expect(upperThreshold([null])).toBeUndefined();
  });
});
