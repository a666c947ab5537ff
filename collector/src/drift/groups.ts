/**
 * The bins of a comparison. Hundreds of fine bins are mostly noise to PSI and χ², so neighbours are
 * joined until each holds about a twentieth of the reference. Only the reference decides, so windows
 * stay comparable with each other.
 */
import {
  ABOVE_RANGE,
  BELOW_RANGE,
  type DataSeries,
  MISSING,
  NAN,
  NEGATIVE_INFINITY,
  POSITIVE_INFINITY,
  UNIT_INVALID,
  UNIT_MISSING,
} from '@siskin/protocol';
import { isOrdered, segmentsOf } from '../distribution.ts';

/** Groups of about equal reference mass. */
const GROUPS = 20;
/** Categories below this share of the reference are taken together. */
const RARE = 0.005;

/** Bins by group; of a number in order of value. Bins without a value are in none. */
export function groupsOf(series: DataSeries, reference: Float64Array): number[][] {
  return isOrdered(series)
    ? groupOrdered(valueBinsOf(series), reference)
    : groupCategories(series.categories.length, reference);
}

function valueBinsOf(series: Exclude<DataSeries, { kind: 'category' }>): number[] {
  return [...new Set(segmentsOf(series).map((segment) => segment.bin))];
}

function groupOrdered(bins: readonly number[], reference: Float64Array): number[][] {
  const total = bins.reduce((sum, bin) => sum + reference[bin]!, 0);
  const target = total / GROUPS;
  const groups: number[][] = [];
  let open: number[] = [];
  let mass = 0;
  const close = (): void => {
    if (open.length > 0) groups.push(open);
    open = [];
    mass = 0;
  };
  for (const bin of bins) {
    const more = reference[bin]!;
    if (more >= target && total > 0) close(); // a group of its own: an atom, or a narrow peak
    open.push(bin);
    mass += more;
    if (mass >= target && total > 0) close();
  }
  close();
  return groups;
}

function groupCategories(categories: number, reference: Float64Array): number[][] {
  let total = 0;
  for (let bin = 0; bin < categories; bin++) total += reference[bin]!;
  const groups: number[][] = [];
  const rare: number[] = [];
  for (let bin = 0; bin < categories; bin++) {
    if (reference[bin]! < RARE * total) rare.push(bin);
    else groups.push([bin]);
  }
  return rare.length === 0 ? groups : [...groups, rare];
}

/** Counts of each group. Groups that are empty on both sides say nothing and are dropped. */
export function grouped(
  groups: readonly (readonly number[])[],
  reference: Float64Array,
  current: Float64Array,
): { reference: number[]; current: number[] } {
  const sum = (counts: Float64Array, bins: readonly number[]): number =>
    bins.reduce((total, bin) => total + counts[bin]!, 0);
  const pairs = groups
    .map((bins) => [sum(reference, bins), sum(current, bins)] as const)
    .filter(([b, a]) => a + b > 0);
  return { reference: pairs.map(([b]) => b), current: pairs.map(([, a]) => a) };
}

export const RATES = ['missing', 'invalid', 'other', 'below', 'above'] as const;
export type RateName = (typeof RATES)[number];

/** Bins that hold no value to order or compare, by the rate they make up. */
export function rateBinsOf(series: DataSeries): Partial<Record<RateName, readonly number[]>> {
  switch (series.kind) {
    case 'numeric':
      return {
        missing: [MISSING],
        invalid: [NAN, POSITIVE_INFINITY, NEGATIVE_INFINITY],
        below: [BELOW_RANGE],
        above: [ABOVE_RANGE],
      };
    case 'unit':
      return { missing: [UNIT_MISSING], invalid: [UNIT_INVALID] };
    case 'category':
      return { other: [series.categories.length], missing: [series.categories.length + 1] };
  }
}

/** Counted in addition to the value's own bin. */
export const OVERLAY: ReadonlySet<RateName> = new Set(['below', 'above']);
