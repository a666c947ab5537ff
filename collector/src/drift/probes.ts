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
  /** Reference: share of hits of a rate, of observations of a category; 0 of a polynomial. */
  share: number;
}

export interface Probes {
  list: readonly Probe[];
  /** Observations of the reference that are values to order or compare, and all of them. */
  referenceValues: number;
  referenceAll: number;
  /** Bin-major: what an observation in a bin adds to values, to all, and to each probe's sum. */
  table: Float64Array;
}

/** Columns of {@link Probes.table} before those of the probes. */
const SIZES = 2;

export function probesOf(series: ComparableSeries, counts: SparseCounts): Probes {
  const reference = toDense(counts, sizeOf(series));
  const cells = groupsOf(series, reference).map((cell) => cell.bins);
  const rates = rateBinsOf(series);
  const overlaid = new Set(RATES.flatMap((name) => (OVERLAY.has(name) ? (rates[name] ?? []) : [])));
  const massOf = (bins: readonly number[]): number =>
    bins.reduce((total, bin) => total + reference[bin]!, 0);
  const masses = cells.map(massOf);
  const referenceValues = sum(masses);
  const referenceAll = sum(reference) - massOf([...overlaid]);

  const list: Probe[] = [];
  const byCell: ArrayLike<number>[] = []; // scores of the smooth and category probes
  const hits: (readonly number[])[] = []; // bins of the rates
  if (referenceValues > 0 && isOrdered(series)) {
    orthonormalPolynomials(masses, ORDER).forEach((row, i) => {
      list.push({ test: 'smooth', name: String(i + 1), share: 0 });
      byCell.push(row);
    });
  } else if (referenceValues > 0 && cells.length > 1) {
    masses.forEach((count, cell) => {
      const share = (count + 0.5) / (referenceValues + cells.length / 2);
      const scale = Math.sqrt(share * (1 - share));
      list.push({ test: 'category', name: String(cell), share });
      byCell.push(masses.map((_, other) => ((other === cell ? 1 : 0) - share) / scale));
    });
  }
  const rate = (name: string, bins: readonly number[]): void => {
    list.push({
      test: 'rate',
      name,
      share: referenceAll === 0 ? 0 : massOf(bins) / referenceAll,
    });
    hits.push(bins);
  };
  for (const name of RATES) if (rates[name] !== undefined) rate(name, rates[name]);
  if (isOrdered(series)) rate('tail', tailsOf(cells.flat(), reference, referenceValues));

  const width = SIZES + list.length;
  const table = new Float64Array(reference.length * width);
  cells.forEach((bins, cell) => {
    for (const bin of bins) {
      table[bin * width] = 1;
      byCell.forEach((scores, at) => {
        table[bin * width + SIZES + at] = scores[cell]!;
      });
    }
  });
  for (let bin = 0; bin < reference.length; bin++) {
    if (!overlaid.has(bin)) table[bin * width + 1] = 1;
  }
  hits.forEach((bins, at) => {
    for (const bin of bins) table[bin * width + SIZES + byCell.length + at] = 1;
  });
  return { list, referenceValues, referenceAll, table };
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

/** All of a tally in one array: sizes by group, then {@link Tally.sums}. */
function tallyFrom(flat: Float64Array): Tally {
  return {
    values: flat.subarray(0, GROUPS),
    all: flat.subarray(GROUPS, 2 * GROUPS),
    sums: flat.subarray(2 * GROUPS),
  };
}

/** @param groups counts of the series by telemetry group. */
export function tallyOf(
  { list, table }: Probes,
  groups: readonly (SparseCounts | undefined)[],
): Tally {
  const width = SIZES + list.length;
  const flat = new Float64Array(GROUPS * width);
  const row = new Float64Array(width);
  for (let group = 0; group < groups.length; group++) {
    const counts = groups[group];
    if (counts === undefined) continue;
    row.fill(0);
    for (let i = 0; i < counts.length; i += 2) {
      const from = counts[i]! * width;
      const count = counts[i + 1]!;
      for (let at = 0; at < width; at++) row[at]! += count * table[from + at]!;
    }
    for (let at = 0; at < width; at++) flat[at * GROUPS + group] = row[at]!;
  }
  return tallyFrom(flat);
}

export function addTallies({ list }: Probes, tallies: readonly Tally[]): Tally {
  const total = tallyFrom(new Float64Array(GROUPS * (SIZES + list.length)));
  for (const tally of tallies) {
    for (const part of ['values', 'all', 'sums'] as const) {
      const into = total[part];
      const from = tally[part];
      for (let i = 0; i < into.length; i++) into[i]! += from[i]!;
    }
  }
  return total;
}
