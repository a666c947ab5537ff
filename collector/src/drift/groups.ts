/**
 * The bins of a comparison. Hundreds of fine bins are mostly noise to PSI and χ², so neighbours are
 * joined until each holds about a twentieth of the reference. Only the reference decides, so windows
 * stay comparable with each other.
 */
import {
  type ComparableSeries,
  FIRST_CATEGORY,
  type Interval,
  OVERFLOW,
  UNDERFLOW,
} from '@siskin/protocol';
import { isOrdered, type OrderedSeries, type Segment, segmentsOf } from '../distribution.ts';

/** Groups of about equal reference mass. */
const GROUPS = 20;
/** Categories below this share of the reference are taken together. */
const RARE = 0.005;

export interface Group {
  /** What it holds, for a person: a stretch of values or categories. */
  label: string;
  bins: readonly number[];
}

/** Groups of bins; of a number in order of value. Bins without a value are in none. */
export function groupsOf(series: ComparableSeries, reference: Float64Array): Group[] {
  return isOrdered(series) ? groupOrdered(series, reference) : groupCategories(series, reference);
}

interface Order {
  /** Bins that hold values, ascending. */
  bins: readonly number[];
  bounds: ReadonlyMap<number, Interval>;
}

/** An alarm asks again for every reference: what the series alone decides is found once. */
const orders = new WeakMap<OrderedSeries, Order>();

function orderOf(series: OrderedSeries): Order {
  const known = orders.get(series);
  if (known !== undefined) return known;
  const bounds = boundsByBin(segmentsOf(series));
  const order = { bins: [...bounds.keys()], bounds };
  orders.set(series, order);
  return order;
}

function groupOrdered(series: OrderedSeries, reference: Float64Array): Group[] {
  const { bins, bounds } = orderOf(series);
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
  const unbounded = series.kind === 'numeric';
  return groups.map((group) => ({
    get label() {
      const held = group.map((bin) => bounds.get(bin)!);
      return stretch(
        held,
        unbounded && group.includes(UNDERFLOW),
        unbounded && group.includes(OVERFLOW),
      );
    },
    bins: group,
  }));
}

function boundsByBin(segments: readonly Segment[]): Map<number, Interval> {
  const bounds = new Map<number, Interval>();
  for (const { bin, lower, upper } of segments) {
    const known = bounds.get(bin);
    if (known === undefined) bounds.set(bin, { lower, upper });
    else known.upper = upper;
  }
  return bounds;
}

function stretch(bounds: readonly Interval[], openBelow: boolean, openAbove: boolean): string {
  const text = (value: number): string => String(+value.toPrecision(4));
  const lower = Math.min(...bounds.map((bound) => bound.lower));
  const upper = Math.max(...bounds.map((bound) => bound.upper));
  if (openBelow && openAbove) return 'any';
  if (openBelow) return `≤ ${text(upper)}`;
  if (openAbove) return `> ${text(lower)}`;
  return lower === upper ? text(lower) : `${text(lower)} … ${text(upper)}`;
}

function groupCategories(
  { categories }: Extract<ComparableSeries, { kind: 'category' }>,
  reference: Float64Array,
): Group[] {
  const all = categories.map((label, i) => ({ label, bins: [FIRST_CATEGORY + i] }));
  const mass = ({ bins }: Group): number => reference[bins[0]!]!;
  const total = all.reduce((sum, group) => sum + mass(group), 0);
  const rare = all.filter((group) => mass(group) < RARE * total);
  if (rare.length <= 1) return all;
  const common = all.filter((group) => !rare.includes(group));
  const bins = rare.flatMap((group) => group.bins);
  return [...common, { label: `${rare.length} rare ones`, bins }];
}

/** Counts of each group. Groups that are empty on both sides say nothing and are dropped. */
export function grouped(
  groups: readonly Group[],
  reference: Float64Array,
  current: Float64Array,
): { labels: string[]; reference: number[]; current: number[] } {
  const sum = (counts: Float64Array, bins: readonly number[]): number =>
    bins.reduce((total, bin) => total + counts[bin]!, 0);
  const kept = groups
    .map(({ label, bins }) => ({ label, b: sum(reference, bins), a: sum(current, bins) }))
    .filter(({ a, b }) => a + b > 0);
  return {
    labels: kept.map(({ label }) => label),
    reference: kept.map(({ b }) => b),
    current: kept.map(({ a }) => a),
  };
}
