/**
 * Evidently's `t_test`: Student's two-sided t-test of equal means, the variances taken as equal
 * (Student 1908). Drift at p < .05.
 */
import { SiskinError } from '@siskin/protocol';
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import { average } from '../histogram.ts';
import type { NumericSamples } from '../samples.ts';

/** @throws SiskinError `data_invalid` where the means have no standard error. */
export function tTest({ sorted, values, m, n }: NumericSamples): number {
  if (m < 2 || n < 2) {
    throw new SiskinError('data_invalid', 't_test needs two values on each side');
  }
  if (values.length === 1) {
    throw new SiskinError('data_invalid', 't_test needs values that vary: all are the same');
  }
  const mean = average(sorted.reference, (x) => x);
  const meanCurrent = average(sorted.current, (x) => x);
  const squares =
    m * average(sorted.reference, (x) => (x - mean) ** 2) +
    n * average(sorted.current, (x) => (x - meanCurrent) ** 2);
  const df = m + n - 2;
  const t = Math.abs(mean - meanCurrent) / Math.sqrt((squares / df) * (1 / m + 1 / n));
  return 2 * tCdf(-t, df);
}
