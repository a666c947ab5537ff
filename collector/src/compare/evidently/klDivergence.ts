/**
 * Evidently's Kullback–Leibler divergence of the reference from the current sample, in nats, over
 * {@link binned} shares, the empty ones {@link filled} and both made to add up to 1 again (as
 * scipy.stats.entropy does). Drift at ≥ .1.
 */
import { klDivergence as ofShares } from '../../distances/klDivergence.ts';
import type { Samples } from '../samples.ts';
import { binned, filled } from './binned.ts';

export function klDivergence(samples: Samples): number {
  const { reference, current } = filled(binned(samples));
  return ofShares(reference, current);
}
