/**
 * NannyML 0.13.1's univariate drift methods on raw columns: the reference against its own chunks for a
 * threshold, then against those of the current file (nannyml/drift/univariate/methods.py and
 * calculator.py at commit 4c86ee35). NaN counts as missing; infinities stay.
 */
import { messageOf, SiskinError } from '@siskin/protocol';
import type {
  CategoricalColumn,
  Column,
  Kind,
  NumericColumn,
  TestError,
  TestResult,
} from './column.ts';
import { CHI2_LEVEL, type Chi2, chi2 } from './nannyml/chi2.ts';
import { type Chunk, type Chunking, chunksOf } from './nannyml/chunks.ts';
import { categoricalHellinger, numericHellinger } from './nannyml/hellinger.ts';
import { categoricalJensenShannon, numericJensenShannon } from './nannyml/jensenShannon.ts';
import { kolmogorovSmirnov } from './nannyml/kolmogorovSmirnov.ts';
import { lInfinity } from './nannyml/lInfinity.ts';
import type { CategoricalMethod, NumericMethod } from './nannyml/method.ts';
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

const NUMERIC: Partial<Record<NannymlTest, NumericMethod>> = {
  jensen_shannon: numericJensenShannon,
  hellinger: numericHellinger,
  wasserstein,
  kolmogorov_smirnov: kolmogorovSmirnov,
};
const CATEGORICAL: Partial<Record<NannymlTest, CategoricalMethod>> = {
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
  const tests: NannymlComparison['tests'] = {};
  for (const name of APPLY[column.kind]) {
    if (wanted !== undefined && !wanted.includes(name)) continue;
    try {
      tests[name] = name === 'chi2' ? byChi2(column, chunking) : byDistance(name, column, chunking);
    } catch (thrown) {
      if (!(thrown instanceof SiskinError)) throw thrown;
      tests[name] = { error: messageOf(thrown) };
    }
  }
  return { chosen: 'jensen_shannon', tests };
}

function byDistance(name: NannymlTest, column: Column, chunking: Chunking): NannymlResult {
  const ask =
    column.kind === 'numeric'
      ? numericAsker(NUMERIC[name]!, column)
      : categoricalAsker(CATEGORICAL[name]!, column);
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

/** Compares the rows of a chunk with the reference; null where there is nothing to compare. */
type Asker = (side: 'reference' | 'current', rows: Chunk) => number | null;

function numericAsker(method: NumericMethod, column: NumericColumn): Asker {
  const reference = sortedKnown(column.reference);
  if (reference.length === 0) throw nothing();
  const distance = method(reference);
  return (side, rows) => {
    const chunk = sortedKnown(column[side].subarray(...rows));
    return chunk.length === 0 ? null : finite(distance(chunk));
  };
}

function sortedKnown(values: Float64Array): Float64Array {
  return values.filter((value) => !Number.isNaN(value)).sort();
}

function categoricalAsker(method: CategoricalMethod, column: CategoricalColumn): Asker {
  const count = counter(column);
  const reference = count('reference', [0, column.reference.length]);
  if (sum(reference) === 0) throw nothing();
  const distance = method(reference);
  return (side, rows) => {
    const chunk = count(side, rows);
    return sum(chunk) === 0 ? null : finite(distance(chunk));
  };
}

function counter(column: CategoricalColumn) {
  return (side: 'reference' | 'current', rows: Chunk): Float64Array =>
    countsOf(column[side].subarray(...rows), column.categories.length);
}

function nothing(): SiskinError {
  return new SiskinError('data_invalid', 'the reference has no value: every cell is missing');
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

function byChi2(column: Column, chunking: Chunking): NannymlResult {
  const count = counter(column as CategoricalColumn);
  const reference = count('reference', [0, column.reference.length]);
  if (sum(reference) === 0) throw nothing();
  chunksOf(column.reference.length, chunking); // NannyML splits it, if only to throw the result away
  let least = 1;
  const chunks = chunksOf(column.current.length, chunking).map((rows): ChunkResult => {
    const chunk = count('current', rows);
    if (sum(chunk) === 0) return { rows, value: null, alert: false };
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
