/**
 * What of a series is tested: scores by bin whose mean does not move while the distribution does not.
 * Of numbers the four polynomials of the smooth test, of categories the share of each, and of both the
 * rates (missing, invalid, unknown, outside the reference's range, in its tails).
 */
import {
  type ComparableSeries,
  GROUPS,
  type SparseCounts,
  sizeOf,
  toDense,
} from '@siskin/protocol';
import { isOrdered, sum } from '../distribution.ts';
import { groupsOf } from './groups.ts';
import { orthonormalPolynomials } from './polynomials.ts';
import { OVERLAY, RATES, rateBinsOf } from './rates.ts';

/** Order of the smooth test: shift, spread, skewness, tails. */
const ORDER = 4;
/** Each tail holds at most this share of the reference. */
const TAIL = 0.005;

export interface Probe {
  /** `smooth` and `category` scores are standardised; those of a `rate` are 1 for a hit, else 0. */
  test: 'smooth' | 'category' | 'rate';
  name: string;
  /** By bin of the series. */
  scores: Float64Array;
  /** Reference: share of hits of a rate, of observations of a category; 0 of a polynomial. */
  share: number;
}

export interface Probes {
  list: readonly Probe[];
  /** By bin, 1 if it holds a value to order or compare; and 1 if it holds an observation at all. */
  values: Uint8Array;
  all: Uint8Array;
  referenceValues: number;
  referenceAll: number;
}

export function probesOf(series: ComparableSeries, counts: SparseCounts): Probes {
  const reference = toDense(counts, sizeOf(series));
  const cells = groupsOf(series, reference).map((cell) => cell.bins);
  const mark = (bins: readonly number[]): Uint8Array => {
    const marked = new Uint8Array(reference.length);
    for (const bin of bins) marked[bin] = 1;
    return marked;
  };
  const values = mark(cells.flat());
  const rates = rateBinsOf(series);
  const all = new Uint8Array(reference.length).fill(1);
  for (const name of OVERLAY) for (const bin of rates[name] ?? []) all[bin] = 0;
  const mass = (marked: Uint8Array): number =>
    reference.reduce((total, count, bin) => total + count * marked[bin]!, 0);
  const referenceValues = mass(values);
  const referenceAll = mass(all);

  const masses = cells.map((bins) => sum(bins.map((bin) => reference[bin]!)));
  const spread = (byCell: ArrayLike<number>): Float64Array => {
    const scores = new Float64Array(reference.length);
    cells.forEach((bins, cell) => {
      for (const bin of bins) scores[bin] = byCell[cell]!;
    });
    return scores;
  };
  const list: Probe[] = [];
  if (referenceValues > 0 && isOrdered(series)) {
    orthonormalPolynomials(masses, ORDER).forEach((row, i) => {
      list.push({ test: 'smooth', name: String(i + 1), scores: spread(row), share: 0 });
    });
  } else if (referenceValues > 0 && cells.length > 1) {
    masses.forEach((count, cell) => {
      const share = (count + 0.5) / (referenceValues + cells.length / 2);
      const scale = Math.sqrt(share * (1 - share));
      const row = masses.map((_, other) => ((other === cell ? 1 : 0) - share) / scale);
      list.push({ test: 'category', name: String(cell), scores: spread(row), share });
    });
  }
  const rate = (name: string, bins: readonly number[]): void => {
    const scores = Float64Array.from(mark(bins));
    const hits = sum(bins.map((bin) => reference[bin]!));
    list.push({ test: 'rate', name, scores, share: referenceAll === 0 ? 0 : hits / referenceAll });
  };
  for (const name of RATES) if (rates[name] !== undefined) rate(name, rates[name]);
  if (isOrdered(series)) rate('tail', tailsOf(cells.flat(), reference, referenceValues));
  return { list, values, all, referenceValues, referenceAll };
}

/** Bins beyond the reference's 0.5 and 99.5 % quantiles. */
function tailsOf(bins: readonly number[], reference: Float64Array, total: number): number[] {
  const end = (ordered: readonly number[]): number[] => {
    const tail: number[] = [];
    let below = 0;
    for (const bin of ordered) {
      below += reference[bin]!;
      if (below > TAIL * total) break;
      tail.push(bin);
    }
    return tail;
  };
  const low = end(bins);
  const high = end(bins.toReversed()).filter((bin) => !low.includes(bin));
  return [...low, ...high];
}

/** Sums of the probes' scores over the observations of each telemetry group. */
export interface Tally {
  values: Float64Array;
  all: Float64Array;
  /** Probe-major: GROUPS sums for each probe. */
  sums: Float64Array;
}

export function emptyTally(probes: Probes): Tally {
  return {
    values: new Float64Array(GROUPS),
    all: new Float64Array(GROUPS),
    sums: new Float64Array(GROUPS * probes.list.length),
  };
}

/** @param groups counts of the series by telemetry group. */
export function tallyOf(probes: Probes, groups: readonly (SparseCounts | undefined)[]): Tally {
  const tally = emptyTally(probes);
  groups.forEach((counts, group) => {
    if (counts === undefined) return;
    for (let i = 0; i < counts.length; i += 2) {
      const bin = counts[i]!;
      const count = counts[i + 1]!;
      tally.values[group]! += count * probes.values[bin]!;
      tally.all[group]! += count * probes.all[bin]!;
      probes.list.forEach(({ scores }, probe) => {
        tally.sums[probe * GROUPS + group]! += count * scores[bin]!;
      });
    }
  });
  return tally;
}

export function addTallies(probes: Probes, tallies: readonly Tally[]): Tally {
  const total = emptyTally(probes);
  for (const tally of tallies) {
    for (const part of ['values', 'all', 'sums'] as const) {
      for (let i = 0; i < total[part].length; i++) total[part][i]! += tally[part][i]!;
    }
  }
  return total;
}
