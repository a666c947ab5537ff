/**
 * Evidently's `z`: two-sided z-test that the share of what is not the first value (ascending) is the
 * same in both samples, with the pooled share's variance. Meant for two values. Drift at p < .05.
 */
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import type { Pooled } from '../samples.ts';

/** @returns 1 if both samples hold one and the same value. */
export function z({ reference, current, m, n }: Pooled): number {
  if (reference.length === 1) return 1;
  const p = 1 - reference[0]! / m;
  const q = 1 - current[0]! / n;
  const pooled = (p * m + q * n) / (m + n);
  const distance = Math.abs(p - q) / Math.sqrt(pooled * (1 - pooled) * (1 / m + 1 / n));
  // One less the distribution, as Evidently has it: beyond 8 standard deviations that is 0.
  return 2 * (1 - normalCdf(distance, 0, 1));
}
