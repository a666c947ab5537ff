import tCdf from '@stdlib/stats-base-dists-t-cdf';
import type { Part } from '../conceptReport.ts';
import type { Jackknifed } from './jackknife.ts';

/** @param referenceVariance of the figure, because the reference is a sample, too. */
export function partOf({ value, variance, groups }: Jackknifed, referenceVariance = 0): Part {
  const standardError = Math.sqrt(variance + referenceVariance);
  const p =
    standardError > 0
      ? 2 * tCdf(-Math.abs(value) / standardError, groups - 1)
      : value === 0
        ? 1
        : 0;
  return { value, standardError, p };
}
