/**
 * Evidently's `cramer_von_mises`: p-value of the two-sample Cramér–von Mises test with mid-ranks
 * (Anderson 1962). Exact where both samples have at most 20 values, else by the limiting distribution.
 * Drift at p ≤ .1.
 */
import { SiskinError } from '@siskin/protocol';
import type { Pooled } from '../samples.ts';
import { cramerVonMisesExact } from './cramerVonMisesExact.ts';
import { cramerVonMisesLimit } from './cramerVonMisesLimit.ts';

const MAX_EXACT = 20;

/** @throws SiskinError `data_invalid` for fewer than two values on a side. */
export function cramerVonMises(samples: Pooled): number {
  const { m, n } = samples;
  if (m < 2 || n < 2) {
    throw new SiskinError('data_invalid', 'cramer_von_mises needs two values on each side');
  }
  const u = m * squares(samples.reference, samples) + n * squares(samples.current, samples);
  if (Math.max(m, n) <= MAX_EXACT) return cramerVonMisesExact(u, m, n);
  const [product, size] = [m * n, m + n];
  const t = u / (product * size) - (4 * product - 1) / (6 * size);
  const mean = (1 + 1 / size) / 6;
  const variance =
    ((size + 1) * (4 * product * size - 3 * (m * m + n * n) - 2 * product)) /
    (45 * size * size * 4 * product);
  const standardised = 1 / 6 + (t - mean) / Math.sqrt(45 * variance);
  // Evidently's cut; the limit's distribution function is below 2e−18 there.
  if (standardised < 0.003) return 1;
  return Math.max(0, 1 - cramerVonMisesLimit(standardised));
}

/** Σ (mid-rank in both samples − rank in its own)² over the observations of one sample. */
function squares(own: Float64Array, { reference, current }: Pooled): number {
  let [before, mine, total] = [0, 0, 0];
  for (let i = 0; i < own.length; i++) {
    const both = reference[i]! + current[i]!;
    const rank = before + (both + 1) / 2;
    for (let k = 1; k <= own[i]!; k++) total += (rank - (mine + k)) ** 2;
    before += both;
    mine += own[i]!;
  }
  return total;
}
