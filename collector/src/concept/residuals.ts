/**
 * Concept drift of a regression: have the residuals (truth − prediction) moved *within* bands of the
 * predicted value? A shift of the inputs changes how many predictions fall in each band, and no more;
 * so both mean and mean size of the residual are standardised to the bands that are met now.
 */
import {
  type BandedSeries,
  bandOf,
  binCount,
  type DataSeries,
  type SparseCounts,
  toDense,
} from '@siskin/protocol';
import type { Band, Decomposition, Estimate } from '../conceptReport.ts';
import { segmentsOf } from '../distribution.ts';
import { decompose, type Stratum } from './decomposition.ts';
import { jackknife } from './jackknife.ts';

/** A band of which the reference has fewer residuals says nothing. */
const LEAST_IN_BAND = 5;

export interface Residuals {
  /** Mean size of the residuals, in the label's unit. */
  size: Decomposition;
  /** Mean residual: a bias. In the label's unit. */
  bias: Decomposition;
  /** Standard deviation of the reference's residuals within bands, in the label's unit. */
  referenceSigma: number;
  bands: Band[];
}

/** What a residual in each bin is taken for: evenly spread over the bin. */
interface Bin {
  bin: number;
  mean: number;
  size: number;
  square: number;
}

function binsOf(series: BandedSeries): Bin[] {
  const bins = new Map<number, Bin>();
  for (const { bin, lower, upper, share } of segmentsOf({ ...series, kind: 'numeric' })) {
    const of = bins.get(bin) ?? { bin, mean: 0, size: 0, square: 0 };
    const middle = (lower + upper) / 2;
    of.mean += share * middle;
    of.size +=
      share *
      (lower < 0 && upper > 0
        ? (lower ** 2 + upper ** 2) / (2 * (upper - lower))
        : Math.abs(middle));
    of.square += share * (middle ** 2 + (upper - lower) ** 2 / 12);
    bins.set(bin, of);
  }
  return [...bins.values()];
}

interface Moments {
  n: number;
  mean: number;
  size: number;
  square: number;
}

function momentsOf(series: BandedSeries, bins: readonly Bin[], counts: Float64Array): Moments[] {
  const width = binCount(series);
  return Array.from({ length: series.edges.length + 1 }, (_, band) => {
    const sums = { n: 0, mean: 0, size: 0, square: 0 };
    for (const { bin, mean, size, square } of bins) {
      const count = counts[band * width + bin]!;
      sums.n += count;
      sums.mean += count * mean;
      sums.size += count * size;
      sums.square += count * square;
    }
    const n = sums.n || 1;
    return { n: sums.n, mean: sums.mean / n, size: sums.size / n, square: sums.square / n };
  });
}

/**
 * @param counts of the reference.
 * @param groups by telemetry group, counts of the same series since.
 * @returns undefined where the reference has too few residuals, or fewer than two groups have labels.
 */
export function residualsOf(
  series: BandedSeries,
  counts: SparseCounts,
  groups: readonly Float64Array[],
): Residuals | undefined {
  const bins = binsOf(series);
  const width = binCount(series) * (series.edges.length + 1);
  const reference = momentsOf(series, bins, toDense(counts, width));
  const known = reference.map(({ n }) => n >= LEAST_IN_BAND);
  const current = groups.map((group) => momentsOf(series, bins, group));

  const split = (figure: 'mean' | 'size'): Decomposition | undefined => {
    const strata = reference.map((band, k): Stratum => {
      const mean = band[figure];
      return known[k]
        ? { n: band.n, mean, variance: ((band.square - mean ** 2) * band.n) / (band.n - 1) }
        : { n: 0, mean: 0, variance: 0 };
    });
    const m = strata.reduce((sum, { n }) => sum + n, 0);
    if (m === 0) return undefined;
    const overall = strata.reduce((sum, { n, mean }) => sum + (n / m) * mean, 0);
    const tallied = current.map((bands) =>
      Float64Array.from(
        bands.flatMap((band, k) => (known[k] ? [band.n, band.n * band[figure]] : [0, 0])),
      ),
    );
    return decompose(strata, overall, tallied);
  };
  const size = split('size');
  const bias = split('mean');
  if (size === undefined || bias === undefined) return undefined;

  let m = 0;
  let within = 0;
  for (const [k, { n, mean, square }] of reference.entries()) {
    if (!known[k]) continue;
    m += n;
    within += n * (square - mean ** 2);
  }
  return {
    size,
    bias,
    referenceSigma: Math.sqrt(within / m),
    bands: reference.map((band, k) => {
      const n = current.reduce((sum, bands) => sum + bands[k]!.n, 0);
      const sum = current.reduce((total, bands) => total + bands[k]!.n * bands[k]!.mean, 0);
      return {
        above: series.edges[k - 1] ?? null,
        upTo: series.edges[k] ?? null,
        labels: n,
        mean: n === 0 ? null : sum / n,
        referenceMean: known[k] ? band.mean : null,
      };
    }),
  };
}

/**
 * Mean size of the residuals to expect of all predictions, labelled or not: the reference's in each
 * band, as often as values fall there now.
 * @param values the series of predicted values, and by telemetry group what was counted of it.
 * @returns null where nothing was predicted in bands that the reference knows.
 */
export function expectedSize(
  series: BandedSeries,
  counts: SparseCounts,
  values: Extract<DataSeries, { kind: 'numeric' }>,
  groups: readonly Float64Array[],
): Estimate | null {
  const width = binCount(series) * (series.edges.length + 1);
  const bands = momentsOf(series, binsOf(series), toDense(counts, width));
  const segments = segmentsOf(values);
  const inBands = groups.map((group) => {
    const tallied = new Float64Array(bands.length);
    for (const { bin, lower, upper, share } of segments) {
      const band = bandOf((lower + upper) / 2, series.edges);
      if (bands[band]!.n >= LEAST_IN_BAND) tallied[band]! += share * group[bin]!;
    }
    return tallied;
  });
  const mean = (tallied: Float64Array) => {
    let n = 0;
    let sum = 0;
    for (const [k, count] of tallied.entries()) {
      n += count;
      sum += count * bands[k]!.size;
    }
    return sum / n;
  };
  const total = Float64Array.from(bands, (_, k) =>
    inBands.reduce((sum, tallied) => sum + tallied[k]!, 0),
  );
  const n = total.reduce((sum, count) => sum + count, 0);
  if (n === 0) return null;
  const spread = jackknife(inBands, mean);
  let variance = 0;
  for (const [k, band] of bands.entries()) {
    if (band.n < LEAST_IN_BAND) continue;
    variance += (total[k]! / n) ** 2 * ((band.square - band.size ** 2) / (band.n - 1));
  }
  return {
    n: Math.round(n),
    value: mean(total),
    standardError: spread === undefined ? null : Math.sqrt(spread.variance + variance),
  };
}

/** Of the reference's residuals, the share that is not called large. */
const USUAL = 0.9;

/**
 * The error rate of a regression: the share of residuals larger than nine in ten of the reference's
 * are, in the same band.
 * @param counts of the reference.
 * @param now of one window.
 * @returns undefined without a label in a band that the reference knows.
 */
export function shareOfLarge(
  series: BandedSeries,
  counts: SparseCounts,
  now: Float64Array,
): number | undefined {
  const bins = binsOf(series).sort((a, b) => a.size - b.size);
  const width = binCount(series);
  const reference = toDense(counts, now.length);
  let n = 0;
  let large = 0;
  for (let first = 0; first < now.length; first += width) {
    const all = bins.reduce((sum, { bin }) => sum + reference[first + bin]!, 0);
    if (all < LEAST_IN_BAND) continue;
    let usual = 0;
    for (const { bin } of bins) {
      n += now[first + bin]!;
      if (usual >= USUAL * all) large += now[first + bin]!;
      usual += reference[first + bin]!;
    }
  }
  return n === 0 ? undefined : large / n;
}
