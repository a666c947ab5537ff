/**
 * A histogram as a distribution on the line: which stretch of values each bin holds, and what can be
 * said from that of the values that were counted. Inside a bin they are taken as evenly spread; the
 * bins' width bounds what that costs (9 % of the distance from the reference's centre).
 */
import {
  boundsOf,
  FIRST_ATOM,
  FIRST_VALUE_BIN,
  OVERFLOW,
  type Series,
  type SparseCounts,
  type Transform,
  transformOf,
  UNIT_BINS,
} from '@siskin/protocol';

export type OrderedSeries = Extract<Series, { kind: 'numeric' | 'magnitude' | 'unit' }>;

export function isOrdered(series: Series): series is OrderedSeries {
  return series.kind === 'numeric' || series.kind === 'magnitude' || series.kind === 'unit';
}

/** A stretch of values, in the series' own unit, that holds `share` of a bin; an atom has no width. */
export interface Segment {
  bin: number;
  lower: number;
  upper: number;
  share: number;
}

/** All values a series can count, ascending. A bin in which atoms lie is cut at each of them. */
export function segmentsOf(series: OrderedSeries): Segment[] {
  if (series.kind === 'unit') {
    return Array.from({ length: UNIT_BINS }, (_, bin) => ({
      bin,
      lower: bin / UNIT_BINS,
      upper: (bin + 1) / UNIT_BINS,
      share: 1,
    }));
  }
  const transform = transformOf(series);
  const segments = transform.atoms.map((atom, i) => ({
    bin: FIRST_ATOM + i,
    lower: atom,
    upper: atom,
    share: 1,
  }));
  for (let bin = FIRST_VALUE_BIN; bin <= OVERFLOW; bin++) segments.push(...cut(bin, transform));
  return segments.sort((a, b) => a.lower - b.lower || a.upper - b.upper);
}

function cut(bin: number, transform: Transform): Segment[] {
  let { lower, upper } = boundsOf(bin, transform);
  // The open bins at both ends count as points at their finite edge: distances stay finite.
  if (lower === Number.NEGATIVE_INFINITY) lower = upper;
  if (upper === Number.POSITIVE_INFINITY) upper = lower;
  const inside = transform.atoms.filter((atom) => atom > lower && atom < upper);
  const edges = [lower, ...inside, upper];
  return edges.slice(1).map((edge, i) => ({
    bin,
    lower: edges[i]!,
    upper: edge,
    share: inside.length === 0 ? 1 : (edge - edges[i]!) / (upper - lower),
  }));
}

/** How much of the counts each segment holds; what has no order (missing, NaN) is left out. */
export function massesOf(segments: readonly Segment[], counts: SparseCounts): Float64Array {
  const byBin = new Map<number, number>();
  for (let i = 0; i < counts.length; i += 2) byBin.set(counts[i]!, counts[i + 1]!);
  return Float64Array.from(segments, ({ bin, share }) => (byBin.get(bin) ?? 0) * share);
}

export function sum(masses: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < masses.length; i++) total += masses[i]!;
  return total;
}

/** The value below which a share `p` of the mass lies, 0 ≤ p ≤ 1; undefined if there is no mass. */
export function quantile(
  segments: readonly Segment[],
  masses: ArrayLike<number>,
  p: number,
): number | undefined {
  const total = sum(masses);
  if (total === 0) return undefined;
  let rest = p * total;
  let last: number | undefined;
  for (const [i, { lower, upper }] of segments.entries()) {
    const mass = masses[i]!;
    if (mass === 0) continue;
    if (rest <= mass) return lower + (upper - lower) * Math.max(rest / mass, 0);
    rest -= mass;
    last = upper;
  }
  return last;
}

/** Mean and standard deviation (population); undefined if there is no mass. */
export function moments(
  segments: readonly Segment[],
  masses: ArrayLike<number>,
): { mean: number; sigma: number } | undefined {
  const total = sum(masses);
  if (total === 0) return undefined;
  let mean = 0;
  for (const [i, { lower, upper }] of segments.entries()) {
    mean += (masses[i]! / total) * ((lower + upper) / 2);
  }
  let variance = 0;
  for (const [i, { lower, upper }] of segments.entries()) {
    const within = (upper - lower) ** 2 / 12;
    variance += (masses[i]! / total) * (((lower + upper) / 2 - mean) ** 2 + within);
  }
  return { mean, sigma: Math.sqrt(variance) };
}
