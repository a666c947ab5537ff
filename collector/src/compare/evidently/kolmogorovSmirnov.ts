/**
 * Evidently's `ks`: p-value of the two-sided two-sample Kolmogorov–Smirnov test on the raw values.
 * Drift at p ≤ .05.
 */
import { kolmogorovSmirnov as distance } from '../../distances/kolmogorovSmirnov.ts';
import { kolmogorovSmirnovP } from '../../distances/kolmogorovSmirnovP.ts';
import type { Pooled } from '../samples.ts';

export function kolmogorovSmirnov({ reference, current, m, n }: Pooled): number {
  return kolmogorovSmirnovP(distance(reference, current), m, n);
}
