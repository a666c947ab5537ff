/**
 * Evidently's `wasserstein`: Wasserstein-1 distance of the raw values in units of the reference's
 * standard deviation (population), which counts as .001 where it is smaller. Drift at ≥ .1.
 */
import { gapIntegral } from '../../distances/gapIntegral.ts';
import { average } from '../histogram.ts';
import type { NumericSamples } from '../samples.ts';

const MIN_SIGMA = 0.001;

export function wasserstein({ values, reference, current, sorted }: NumericSamples): number {
  const mean = average(sorted.reference, (x) => x);
  const sigma = Math.sqrt(average(sorted.reference, (x) => (x - mean) ** 2));
  return gapIntegral(values, reference, current, 1) / Math.max(sigma, MIN_SIGMA);
}
