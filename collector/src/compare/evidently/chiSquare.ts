/**
 * Evidently's `chisquare`: Pearson's goodness of fit of the current counts to the reference's scaled to
 * their number, Σ (O − E)² / E against χ² with one degree of freedom less than there are values. The
 * reference counts as known without error, and a value that it lacks makes p 0. Drift at p < .05.
 */
import { SiskinError } from '@siskin/protocol';
import { chiSquareSurvival } from '../../distances/chiSquareSurvival.ts';
import type { Pooled } from '../samples.ts';

/** @throws SiskinError `data_invalid` if there is one value only: nothing is free to vary. */
export function chiSquare({ reference, current, m, n }: Pooled): number {
  if (reference.length < 2) {
    throw new SiskinError('data_invalid', 'χ² needs two values, and both files hold one only');
  }
  let statistic = 0;
  for (let i = 0; i < reference.length; i++) {
    const expected = reference[i]! * (n / m);
    if (expected === 0) return 0;
    statistic += (current[i]! - expected) ** 2 / expected;
  }
  return chiSquareSurvival(statistic, reference.length - 1);
}
