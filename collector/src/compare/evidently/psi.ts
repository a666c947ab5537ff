/**
 * Evidently's PSI: Σ (p − q) ln(p / q) over {@link binned} shares, the empty ones {@link filled}.
 * Drift at ≥ .1.
 */
import { psiOfShares } from '../../distances/psi.ts';
import type { Samples } from '../samples.ts';
import { binned, filled } from './binned.ts';

export function psi(samples: Samples): number {
  const { reference, current } = filled(binned(samples));
  return psiOfShares(reference, current);
}
