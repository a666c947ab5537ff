/**
 * NannyML 0.13.1's univariate drift methods on raw columns: the reference against its own chunks for a
 * threshold, then against those of the current file (nannyml/drift/univariate/methods.py and
 * calculator.py at commit 4c86ee35). NaN counts as missing; infinities stay.
 */
import { messageOf, SiskinError } from '@siskin/protocol';
import type { Column, Kind, TestError, TestResult } from './column.ts';
import { CHI2_LEVEL, type Chi2, chi2 } from './nannyml/chi2.ts';
import { type Chunk, type Chunking, chunksOf } from './nannyml/chunks.ts';
import { categoricalHellinger, numericHellinger } from './nannyml/hellinger.ts';
import { categoricalJensenShannon, numericJensenShannon } from './nannyml/jensenShannon.ts';
import { kolmogorovSmirnov } from './nannyml/kolmogorovSmirnov.ts';
import { lInfinity } from './nannyml/lInfinity.ts';
import type { Method } from './nannyml/method.ts';
import { sum } from './nannyml/shares.ts';
import { upperThreshold } from './nannyml/threshold.ts';
import { wasserstein } from './nannyml/wasserstein.ts';
import { countsOf } from './samples.ts';

export type NannymlTest =
  | 'jensen_shannon'
  | 'hellinger'
  | 'wasserstein'
  | 'kolmogorov_smirnov'
  | 'l_infinity'
  | 'chi2';

const NUMERIC: Partial<Record<NannymlTest, Method>> = {
  jensen_shannon: numericJensenShannon,
  hellinger: numericHellinger,
  wasserstein,
  kolmogorov_smirnov: kolmogorovSmirnov,
};
const CATEGORICAL: Partial<Record<NannymlTest, Method>> = {
  jensen_shannon: categoricalJensenShannon,
  hellinger: categoricalHellinger,
  l_infinity: lInfinity,
};
/** The most a method can reach, where NannyML bounds the threshold by it. */
const LIMITS: Partial<Record<NannymlTest, number>> = { kolmogorov_smirnov: 1 };

export const NANNYML_TESTS: readonly NannymlTest[] = [
  'jensen_shannon',
  'hellinger',
  'wasserstein',
  'kolmogorov_smirnov',
  'l_infinity',
  'chi2',
];

const APPLY: Record<Kind, readonly NannymlTest[]> = {
  numeric: Object.keys(NUMERIC) as NannymlTest[],
  categorical: [...(Object.keys(CATEGORICAL) as NannymlTest[]), 'chi2'],
};

export interface ChunkResult {
  /** Rows of the current file, from 0: [from, to). */
  rows: Chunk;
  /** null where the chunk has no value to compare. */
  value: number | null;
  alert: boolean;
  pValue?: number;
}

/** The largest chunk's value, and whether any chunk alerts. χ² alerts by the p-value of a chunk alone. */
export interface NannymlResult extends TestResult {
  thresholds: { lower: null; upper: number | null };
  chunks: ChunkResult[];
}

export interface NannymlComparison {
  /** What NannyML takes if nobody says. */
  chosen: 'jensen_shannon';
  tests: Partial<Record<NannymlTest, NannymlResult | TestError>>;
}

/** @param wanted methods; left out, all that apply to the column's kind. */
export function asNannyml(
  column: Column,
  chunking: Chunking,
  wanted?: readonly NannymlTest[],
): NannymlComparison {
  const part = partsOf(column);
  const tests: NannymlComparison['tests'] = {};
  for (const name of APPLY[column.kind]) {
    if (wanted !== undefined && !wanted.includes(name)) continue;
    try {
      tests[name] =
        name === 'chi2' ? byChi2(column, part, chunking) : byDistance(name, column, part, chunking);
    } catch (thrown) {
      if (!(thrown instanceof SiskinError)) throw thrown;
      tests[name] = { error: messageOf(thrown) };
    }
  }
  return { chosen: 'jensen_shannon', tests };
}

/**
 * What of some rows is compared: of numbers the values, ascending; of categories the counts. null where
 * every cell is missing.
 */
type Part = (side: 'reference' | 'current', rows: Chunk) => Float64Array | null;

function partsOf(column: Column): Part {
  if (column.kind === 'categorical') {
    return (side, rows) => {
      const counts = countsOf(column[side].subarray(...rows), column.categories.length);
      return sum(counts) === 0 ? null : counts;
    };
  }
  // Sorted once for all methods.
  const sorted = new Map<string, Float64Array>();
  return (side, rows) => {
    const key = `${side} ${rows.join(' ')}`;
    let values = sorted.get(key);
    if (values === undefined) {
      values = column[side].slice(...rows).sort(); // NaN comes last
      values = values.subarray(0, knownOf(values));
      sorted.set(key, values);
    }
    return values.length === 0 ? null : values;
  };
}

/** How many of the values are not NaN. @param sorted with the NaNs at the end. */
function knownOf(sorted: Float64Array): number {
  let known = sorted.length;
  while (known > 0 && Number.isNaN(sorted[known - 1]!)) known--;
  return known;
}

/** @throws SiskinError `data_invalid` if every cell is missing. */
function wholeReference(column: Column, part: Part): Float64Array {
  const reference = part('reference', [0, column.reference.length]);
  if (reference !== null) return reference;
  throw new SiskinError('data_invalid', 'the reference has no value: every cell is missing');
}

function byDistance(
  name: NannymlTest,
  column: Column,
  part: Part,
  chunking: Chunking,
): NannymlResult {
  const method = (column.kind === 'numeric' ? NUMERIC : CATEGORICAL)[name]!;
  const distance = method(wholeReference(column, part));
  const ask = (side: 'reference' | 'current', rows: Chunk): number | null => {
    const chunk = part(side, rows);
    const value = chunk === null ? Number.NaN : distance(chunk);
    return Number.isFinite(value) ? value : null;
  };
  const values = chunksOf(column.reference.length, chunking).map((rows) => ask('reference', rows));
  const upper = upperThreshold(values, LIMITS[name]);
  if (upper === undefined) {
    throw new SiskinError('data_invalid', 'no chunk of the reference has a value for a threshold');
  }
  const chunks = chunksOf(column.current.length, chunking).map((rows): ChunkResult => {
    const value = ask('current', rows);
    return { rows, value, alert: value !== null && value > upper };
  });
  return {
    score: greatest(chunks),
    threshold: upper,
    drifted: chunks.some(({ alert }) => alert),
    thresholds: { lower: null, upper },
    chunks,
  };
}

function byChi2(column: Column, part: Part, chunking: Chunking): NannymlResult {
  const reference = wholeReference(column, part);
  chunksOf(column.reference.length, chunking); // NannyML splits it, if only to throw the result away
  let least = 1;
  const chunks = chunksOf(column.current.length, chunking).map((rows): ChunkResult => {
    const chunk = part('current', rows);
    if (chunk === null) return { rows, value: null, alert: false };
    const { statistic, p }: Chi2 = chi2(reference, chunk);
    least = Math.min(least, p);
    return { rows, value: statistic, alert: p < CHI2_LEVEL, pValue: p };
  });
  return {
    score: greatest(chunks),
    threshold: null,
    drifted: chunks.some(({ alert }) => alert),
    pValue: least,
    thresholds: { lower: null, upper: null },
    chunks,
  };
}

function greatest(chunks: readonly ChunkResult[]): number {
  const values = chunks.flatMap(({ value }) => (value === null ? [] : [value]));
  if (values.length === 0) {
    throw new SiskinError('data_invalid', 'no chunk of the current file has a value to compare');
  }
  return values.reduce((a, b) => Math.max(a, b));
}
