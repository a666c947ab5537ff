/** Can the labels be believed? Their balance against the reference's, and how often they disagree. */
import {
  CONSISTENCIES,
  type DataSeries,
  FIRST_CATEGORY,
  type SparseCounts,
  toDense,
} from '@siskin/protocol';
import type { Balance, ClassBalance, Consistency } from '../conceptReport.ts';
import { massesOf, quantile, segmentsOf } from '../distribution.ts';
import { jackknife } from './jackknife.ts';
import { partOf } from './part.ts';
import { ALPHA, matters } from './verdict.ts';

/** A class whose share of the labels moved by less is in balance. */
export const BALANCE_SIZE = 0.05;

/**
 * @param counts of the reference's `outcome/truth`.
 * @param groups by telemetry group, counts of the same series since.
 */
export function balanceOf(
  series: DataSeries,
  counts: SparseCounts,
  groups: readonly Float64Array[],
): Balance | null {
  if (series.kind === 'numeric') return medians(series, counts, groups);
  if (series.kind !== 'category') return null;
  const names = [...series.categories, 'other'];
  // In the order of the names: "other" is the bin before the first of them.
  const bins = names.map((_, i) =>
    i < series.categories.length ? FIRST_CATEGORY + i : FIRST_CATEGORY - 1,
  );
  const reference = toDense(counts, names.length + 1);
  const m = sumAt(reference, bins);
  const total = new Float64Array(names.length + 1);
  for (const group of groups) for (const bin of bins) total[bin]! += group[bin]!;
  const n = sumAt(total, bins);
  if (n === 0 || m === 0) return null;
  const labelled = groups.map((group) => group.map((count, bin) => (bin === 0 ? 0 : count)));
  const classes = names.map((label, i): ClassBalance => {
    const bin = bins[i]!;
    const usual = reference[bin]! / m;
    const share = jackknife(labelled, (counted) => counted[bin]! / sumAt(counted, bins) - usual);
    // Jeffreys' ½, as a class that the reference lacks is not known to be impossible.
    const guess = (reference[bin]! + 0.5) / (m + 1);
    const shift = share === undefined ? null : partOf(share, (guess * (1 - guess)) / m);
    const moved = shift !== null && matters(shift, BALANCE_SIZE, ALPHA / names.length);
    return { label, share: total[bin]! / n, reference: usual, shift, moved };
  });
  return { classes, median: null, moved: classes.some(({ moved }) => moved) };
}

function medians(
  series: Extract<DataSeries, { kind: 'numeric' }>,
  counts: SparseCounts,
  groups: readonly Float64Array[],
): Balance | null {
  const segments = segmentsOf(series);
  const sparse = (dense: Float64Array) => [...dense].flatMap((count, bin) => [bin, count]);
  const total = new Float64Array(groups[0]!.length);
  for (const group of groups) for (const [bin, count] of group.entries()) total[bin]! += count;
  const now = quantile(segments, massesOf(segments, sparse(total)), 0.5);
  const reference = quantile(segments, massesOf(segments, counts), 0.5);
  if (now === undefined || reference === undefined) return null;
  return { classes: null, median: { now, reference }, moved: false };
}

function sumAt(counts: Float64Array, bins: readonly number[]): number {
  let sum = 0;
  for (const bin of bins) sum += counts[bin]!;
  return sum;
}

/** @param counts of `outcome/consistency`. */
export function consistencyOf(counts: Float64Array): Consistency | null {
  const agree = counts[FIRST_CATEGORY + CONSISTENCIES.indexOf('agree')]!;
  const disagree = counts[FIRST_CATEGORY + CONSISTENCIES.indexOf('disagree')]!;
  const checked = agree + disagree;
  return checked === 0 ? null : { checked, disagreement: disagree / checked };
}
