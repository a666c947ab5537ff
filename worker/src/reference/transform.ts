/** How the numbers of a series are placed in bins, learnt from reference values. */
import type { Transform } from '@siskin/protocol';

/** A value is an atom if it holds at least this share of the reference's finite values … */
const ATOM_SHARE = 0.01;
/**
 * … and is seen at least this often: in a reference of 100 rows every value of a continuous feature
 * would be an atom, and no later value would ever meet one. Five is the least expected count that a
 * χ² test over such bins would take (Cochran 1954).
 */
const ATOM_COUNT = 5;

export interface LearntTransform extends Transform {
  atoms: number[];
}

/** With nothing finite to learn from, no later value lies outside the range. */
const unknown = (): LearntTransform => ({
  center: 0,
  scale: 1,
  atoms: [],
  min: -Number.MAX_VALUE,
  max: Number.MAX_VALUE,
});

/**
 * Centre: median. Scale: interquartile range, or where that is 0 the population standard deviation,
 * else |median|, else 1. Atoms: values that hold ≥ 1 % each (and occur five times). Range: as observed.
 * @param values reference values in the feature's own unit; missing (null, undefined), NaN and
 *   infinite ones are left out.
 */
export function learnTransform(values: Iterable<number | null | undefined>): LearntTransform {
  const sorted = finiteOf(values).sort();
  if (sorted.length === 0) return unknown();
  const center = quantile(sorted, 0.5);
  const candidates = [
    quantile(sorted, 0.75) - quantile(sorted, 0.25),
    standardDeviation(sorted),
    Math.abs(center),
  ];
  return {
    center,
    scale: candidates.find((scale) => scale > 0 && Number.isFinite(scale)) ?? 1,
    atoms: atomsOf(sorted),
    min: sorted[0]!,
    max: sorted[sorted.length - 1]!,
  };
}

/** A copy without what is not finite, and with 0 for −0. */
function finiteOf(values: Iterable<number | null | undefined>): Float64Array<ArrayBuffer> {
  // What is missing becomes NaN on the way.
  const all =
    values instanceof Float64Array ? values : Float64Array.from(values, (value) => value ?? NaN);
  const finite = new Float64Array(all.length);
  let n = 0;
  for (let i = 0; i < all.length; i++) {
    const value = all[i]!;
    if (value - value === 0) finite[n++] = value + 0;
  }
  return finite.subarray(0, n);
}

/**
 * Quantile of ascending values by linear interpolation between order statistics: type 7 of Hyndman
 * and Fan (1996), the default of R and of NumPy. `quantile([1, 2, 3, 4], 0.25)` is 1.75.
 * @param p 0 … 1.
 */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const at = (sorted.length - 1) * p;
  const below = Math.floor(at);
  const share = at - below;
  const lower = sorted[below]!;
  const upper = sorted[Math.min(below + 1, sorted.length - 1)]!;
  // Interpolated from the nearer end, as NumPy does, so that share → 1 meets `upper` exactly.
  return share < 0.5 ? lower + (upper - lower) * share : upper - (upper - lower) * (1 - share);
}

/** Population standard deviation, in two passes. */
function standardDeviation(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  return Math.sqrt(squares / values.length);
}

/** Ascending; at most 100, as each holds a hundredth. */
function atomsOf(sorted: Float64Array): number[] {
  const least = Math.max(ATOM_COUNT, sorted.length * ATOM_SHARE);
  const atoms: number[] = [];
  for (let start = 0; start < sorted.length; ) {
    let end = start + 1;
    while (end < sorted.length && sorted[end] === sorted[start]) end++;
    if (end - start >= least) atoms.push(sorted[start]!);
    start = end;
  }
  return atoms;
}
