/**
 * What is lost by keeping counts: a reference and a current sample of 100 000 values, each counted on
 * 1000 clients of 100 values and merged, against the same figures from the raw values. Of ours the
 * figures are the collector's own. Peers have no distances, so a sample of their quantiles stands in
 * for the values.
 */
import { measure } from '@siskin/collector';
import { type ComparableSeries, FIRST_CATEGORY, type SparseCounts } from '@siskin/protocol';
import { type NumericSeries, type Placed, SAMPLE, sample } from './cases.ts';
import { ours } from './ours.ts';
import type { AnySketch } from './sketch.ts';

const CLIENTS = 1000;
const VALUES = SAMPLE / CLIENTS;
const QUANTILES = 10_000;
const SHARES = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];

interface Distances {
  ks: number;
  psi: number;
  js: number;
  w1_sigma: number;
}

/** By how much figures differ from the raw ones. */
export interface Errors extends Distances {
  /** Largest error of a quantile, in units of 4.4 % of |z|, or of the zero band 2⁻⁶ where that is more. */
  quantiles: number;
}

export interface Accuracy {
  raw: Distances;
  /** Null where it has no quantiles, or its merges lose values. */
  errors: Record<string, Errors | null>;
}

export function measureAccuracy(given: Placed, peers: readonly AnySketch[]): Accuracy {
  const reference = sample(SAMPLE, 1, given.reference);
  const current = sample(SAMPLE, 2, given.current);
  const { series } = given;
  const [p, q] = [reference.toSorted(), current.toSorted()];
  const cuts = cutsOf(p, series);
  const raw = distancesOf(p, q, cuts, sigmaOf(p));
  const errors: Accuracy['errors'] = {};
  for (const sketch of [ours, ...peers]) {
    if (given.signed && !sketch.signed) continue;
    const counted = mergedOf(sketch, series, reference, current);
    errors[sketch.name] = null;
    if (counted === undefined || sketch.quantile === undefined) continue;
    const said =
      sketch === ours
        ? collected(series, counted)
        : distancesOf(
            ...(counted.map((one) => quantilesOf(sketch, one, series)) as [
              Float64Array,
              Float64Array,
            ]),
            cuts,
            sigmaOf(p),
          );
    errors[sketch.name] = {
      ks: Math.abs(said.ks - raw.ks),
      psi: Math.abs(said.psi - raw.psi),
      js: Math.abs(said.js - raw.js),
      w1_sigma: Math.abs(said.w1_sigma - raw.w1_sigma),
      quantiles: Math.max(
        ...SHARES.map((share) => {
          const z = (value: number) => (value - series.center) / series.scale;
          const exact = z(q[Math.floor(share * q.length)]!);
          const error = z(sketch.quantile!(counted[1], share, series)) - exact;
          return Math.abs(error) / Math.max(0.044 * Math.abs(exact), 2 ** -6);
        }),
      ),
    };
  }
  return { raw, errors };
}

/** Both samples, counted by clients and merged; undefined if values were lost on the way. */
function mergedOf(
  sketch: AnySketch,
  series: NumericSeries,
  ...samples: [Float64Array, Float64Array]
): [unknown, unknown] | undefined {
  const merged = samples.map((values) => {
    let sum: unknown;
    for (let client = 0; client < CLIENTS; client++) {
      const counter = sketch.create(series);
      sketch.insert(counter, values.subarray(client * VALUES, (client + 1) * VALUES));
      const sent = sketch.sent(counter);
      sum = sum === undefined ? sent : sketch.merge(sum, sent);
    }
    return sum;
  });
  if (merged.some((sum) => sketch.total(sum) !== SAMPLE)) return undefined;
  return merged as [unknown, unknown];
}

function collected(series: NumericSeries, [p, q]: [unknown, unknown]): Distances {
  const measured = measure(series, p as SparseCounts, q as SparseCounts);
  return {
    ks: measured.ks!,
    psi: measured.psi!,
    js: measured.jensenShannon!,
    w1_sigma: measured.wassersteinSigma!,
  };
}

function quantilesOf(sketch: AnySketch, counted: unknown, series: NumericSeries): Float64Array {
  return Float64Array.from({ length: QUANTILES }, (_, i) =>
    sketch.quantile!(counted, (i + 0.5) / QUANTILES, series),
  ).sort();
}

/** Twentieths of the reference; atoms are by themselves. Upper ends, inclusive. */
function cutsOf(sorted: Float64Array, { atoms }: NumericSeries): number[] {
  const twentieths = Array.from(
    { length: 19 },
    (_, i) => sorted[Math.floor(((i + 1) / 20) * sorted.length)]!,
  );
  const below = (x: number) => x - Math.max(Math.abs(x) * 2 ** -52, Number.MIN_VALUE);
  const cuts = [...twentieths, ...atoms.flatMap((atom) => [below(atom), atom])];
  return [...new Set(cuts)].sort((a, b) => a - b);
}

function grouped(sorted: Float64Array, cuts: readonly number[]): number[] {
  const ends = [...cuts.map((cut) => countUpTo(sorted, cut)), sorted.length];
  // Of as many values, so that Jeffreys' ½ weighs the same.
  const weight = SAMPLE / sorted.length;
  return ends.map((end, i) => weight * (end - (ends[i - 1] ?? 0)));
}

function countUpTo(sorted: Float64Array, x: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

function distancesOf(
  p: Float64Array,
  q: Float64Array,
  cuts: readonly number[],
  sigma: number,
): Distances {
  const [a, b] = [grouped(p, cuts), grouped(q, cuts)];
  let [i, j, ks, w1] = [0, 0, 0, 0];
  while (i < p.length || j < q.length) {
    const x = Math.min(p[i] ?? Infinity, q[j] ?? Infinity);
    while (p[i] === x) i++;
    while (q[j] === x) j++;
    const gap = Math.abs(i / p.length - j / q.length);
    ks = Math.max(ks, gap);
    const next = Math.min(p[i] ?? Infinity, q[j] ?? Infinity);
    if (next < Infinity) w1 += gap * (next - x);
  }
  // Groups are compared as categories are, so that the formulas are the collector's.
  const categories = a.map((_, group) => String(group));
  const series: ComparableSeries = { name: 'groups', kind: 'category', categories };
  const sparse = (counts: number[]) =>
    counts.flatMap((n, i) => (n > 0 ? [FIRST_CATEGORY + i, n] : []));
  const { psi, jensenShannon } = measure(series, sparse(a), sparse(b));
  return { ks, psi: psi!, js: jensenShannon!, w1_sigma: w1 / sigma };
}

/** Population standard deviation. */
function sigmaOf(values: Float64Array): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
}
