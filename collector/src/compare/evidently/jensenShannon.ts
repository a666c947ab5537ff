/**
 * Evidently's Jensen–Shannon distance, natural logarithm, over {@link binned} shares with the empty
 * ones left empty. Drift at ≥ .1.
 */
import { jensenShannon as ofShares } from '../../distances/jensenShannon.ts';
import type { Samples } from '../samples.ts';
import { binned } from './binned.ts';

export function jensenShannon(samples: Samples): number {
  const { reference, current } = binned(samples);
  return ofShares(reference, current);
}
