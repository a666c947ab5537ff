/**
 * Two samples as the tests want them: sorted once, and pooled into their distinct values. Every test
 * of a column shares these arrays, so a column of millions is sorted once and never copied again.
 */
import { SiskinError } from '@siskin/protocol';
import type { CategoricalColumn, Column, NumericColumn } from './column.ts';

/** How often each value occurs on either side; no value occurs on neither. */
export interface Pooled {
  reference: Float64Array;
  current: Float64Array;
  /** Observations of the reference, and of the current sample. */
  m: number;
  n: number;
}

export interface NumericSamples extends Pooled {
  kind: 'numeric';
  /** Distinct values of both, ascending; the counts are in this order. */
  values: Float64Array;
  /** Finite values of either side, ascending. */
  sorted: { reference: Float64Array; current: Float64Array };
}

/** Counts in the order of the categories. */
export interface CategoricalSamples extends Pooled {
  kind: 'categorical';
}

export type Samples = NumericSamples | CategoricalSamples;

/**
 * Missing cells, NaN and ±Infinity removed, as Evidently does before any test.
 * @throws SiskinError `data_invalid` if nothing is left of one side.
 */
export function samplesOf(column: Column): Samples {
  return column.kind === 'numeric' ? numericSamples(column) : categoricalSamples(column);
}

function numericSamples({ name, reference, current }: NumericColumn): NumericSamples {
  const sorted = {
    reference: sortedFinite(reference),
    current: sortedFinite(current),
  };
  refuseEmpty(name, sorted.reference.length, sorted.current.length);
  return { kind: 'numeric', sorted, ...pool(sorted.reference, sorted.current) };
}

export function sortedFinite(values: Float64Array): Float64Array {
  return values.filter(Number.isFinite).sort();
}

/** @param a the reference, ascending; @param b the current sample, ascending. */
export function pool(
  a: Float64Array,
  b: Float64Array,
): Pick<NumericSamples, 'values' | 'reference' | 'current' | 'm' | 'n'> {
  const values = new Float64Array(a.length + b.length);
  const reference = new Float64Array(values.length);
  const current = new Float64Array(values.length);
  let [i, j, size] = [0, 0, 0];
  while (i < a.length || j < b.length) {
    const value = j === b.length || (i < a.length && a[i]! <= b[j]!) ? a[i]! : b[j]!;
    values[size] = value;
    for (; i < a.length && a[i] === value; i++) reference[size]!++;
    for (; j < b.length && b[j] === value; j++) current[size]!++;
    size++;
  }
  return {
    values: values.subarray(0, size),
    reference: reference.subarray(0, size),
    current: current.subarray(0, size),
    m: a.length,
    n: b.length,
  };
}

function categoricalSamples(column: CategoricalColumn): CategoricalSamples {
  const reference = countsOf(column.reference, column.categories.length);
  const current = countsOf(column.current, column.categories.length);
  const used = (_: number, i: number): boolean => reference[i]! + current[i]! > 0;
  const m = reference.reduce((sum, count) => sum + count, 0);
  const n = current.reduce((sum, count) => sum + count, 0);
  refuseEmpty(column.name, m, n);
  return {
    kind: 'categorical',
    reference: reference.filter(used),
    current: current.filter(used),
    m,
    n,
  };
}

/** How often each code occurs; −1, a missing cell, is left out. */
export function countsOf(codes: Int32Array, categories: number): Float64Array {
  const counts = new Float64Array(categories);
  for (const code of codes) if (code >= 0) counts[code]!++;
  return counts;
}

function refuseEmpty(name: string, m: number, n: number): void {
  if (m > 0 && n > 0) return;
  const side = m > 0 ? 'current' : 'reference';
  throw new SiskinError(
    'data_invalid',
    `column "${name}" has no value in the ${side} file: every cell is missing or not finite`,
  );
}

/** Values that occur on the reference's side. */
export function distinctReference(samples: Pooled): number {
  let distinct = 0;
  for (const count of samples.reference) if (count > 0) distinct++;
  return distinct;
}
