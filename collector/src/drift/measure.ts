/** One series against its reference: every distance that applies, from counts. */
import { type ComparableSeries, type SparseCounts, sizeOf, toDense } from '@siskin/protocol';
import { type ChiSquare, chiSquare } from '../distances/chiSquare.ts';
import { jensenShannon } from '../distances/jensenShannon.ts';
import { kolmogorovSmirnov } from '../distances/kolmogorovSmirnov.ts';
import { noiseCorrected, psi } from '../distances/psi.ts';
import { wasserstein } from '../distances/wasserstein.ts';
import { isOrdered, massesOf, moments, quantile, segmentsOf, sum } from '../distribution.ts';
import { grouped, groupsOf } from './groups.ts';
import { rateIncrease } from './rateIncrease.ts';
import { OVERLAY, RATES, type RateName, rateBinsOf } from './rates.ts';

/** A share of all observations, now and in the reference. */
export interface Rate {
  share: number;
  reference: number;
  /** One-sided: that the share went up. */
  p: number;
}

export interface Measures {
  name: string;
  kind: ComparableSeries['kind'];
  /** Observations in the window, missing ones included. */
  n: number;
  referenceN: number;
  /** Jeffreys' ½ on every count, natural logarithm; null, as all below, without values to compare. */
  psi: number | null;
  /** Less its noise, {@link noiseCorrected}. */
  psiCorrected: number | null;
  /** Distance, natural logarithm. */
  jensenShannon: number | null;
  /** On bin edges; null for categories, which have no order. */
  ks: number | null;
  /** In units of the reference's interquartile range, and of its standard deviation. */
  wasserstein: number | null;
  wassersteinSigma: number | null;
  chiSquare: ChiSquare | null;
  /** Shares of the values that fall into each bin of the comparison, in order. */
  bins: { label: string; reference: number; current: number }[];
  /** Missing, invalid, unknown and out-of-range shares, as they apply to the kind. */
  rates: Partial<Record<RateName, Rate>>;
}

export function measure(
  series: ComparableSeries,
  referenceCounts: SparseCounts,
  currentCounts: SparseCounts,
): Measures {
  const reference = toDense(referenceCounts, sizeOf(series));
  const current = toDense(currentCounts, sizeOf(series));
  const special = rateBinsOf(series);
  const overlaid = RATES.filter((name) => OVERLAY.has(name)).flatMap((name) => special[name] ?? []);
  const observations = (counts: Float64Array): number => sum(counts) - sumAt(counts, overlaid);
  const n = observations(current);
  const referenceN = observations(reference);

  const rates: Measures['rates'] = {};
  for (const name of RATES) {
    const bins = special[name];
    if (bins === undefined) continue;
    const hits = sumAt(current, bins);
    const referenceHits = sumAt(reference, bins);
    rates[name] = {
      share: n === 0 ? 0 : hits / n,
      reference: referenceN === 0 ? 0 : referenceHits / referenceN,
      p: rateIncrease(hits, n, referenceHits, referenceN),
    };
  }
  return {
    name: series.name,
    kind: series.kind,
    n,
    referenceN,
    ...compareGroups(series, reference, current),
    ...compareOrder(series, referenceCounts, currentCounts),
    rates,
  };
}

type Distances<Names extends keyof Measures> = Pick<Measures, Names>;

function compareGroups(
  series: ComparableSeries,
  reference: Float64Array,
  current: Float64Array,
): Distances<'psi' | 'psiCorrected' | 'jensenShannon' | 'chiSquare' | 'bins'> {
  const bins = grouped(groupsOf(series, reference), reference, current);
  const m = sum(bins.reference);
  const n = sum(bins.current);
  if (n === 0 || m === 0) {
    return { psi: null, psiCorrected: null, jensenShannon: null, chiSquare: null, bins: [] };
  }
  const index = psi(bins.reference, bins.current);
  return {
    psi: index,
    psiCorrected: noiseCorrected(index, bins.reference.length, n, m),
    jensenShannon: jensenShannon(bins.reference, bins.current),
    chiSquare: chiSquare(bins.reference, bins.current, isOrdered(series)),
    bins: bins.labels.map((label, i) => ({
      label,
      reference: bins.reference[i]! / m,
      current: bins.current[i]! / n,
    })),
  };
}

function compareOrder(
  series: ComparableSeries,
  referenceCounts: SparseCounts,
  currentCounts: SparseCounts,
): Distances<'ks' | 'wasserstein' | 'wassersteinSigma'> {
  const none = { ks: null, wasserstein: null, wassersteinSigma: null };
  if (!isOrdered(series)) return none;
  const segments = segmentsOf(series);
  const reference = massesOf(segments, referenceCounts);
  const current = massesOf(segments, currentCounts);
  const spread = moments(segments, reference);
  if (spread === undefined || sum(current) === 0) return none;
  const moved = wasserstein(segments, reference, current);
  const { sigma } = spread;
  const iqr =
    series.kind === 'numeric'
      ? series.scale
      : quantile(segments, reference, 0.75)! - quantile(segments, reference, 0.25)!;
  return {
    ks: kolmogorovSmirnov(reference, current),
    wasserstein: moved / (iqr || sigma || 1),
    wassersteinSigma: moved / (sigma || iqr || 1),
  };
}

function sumAt(counts: Float64Array, bins: readonly number[]): number {
  return bins.reduce((total, bin) => total + counts[bin]!, 0);
}
