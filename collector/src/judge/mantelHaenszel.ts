/**
 * Common rates: excess of the canary's bad devices over their expectation, stratum by stratum (Mantel &
 * Haenszel 1959), as a martingale with its hypergeometric variance.
 */
import type { Stratum } from './stratum.ts';

/** What has come out and what would by chance: a sum and its variance. */
export interface Score {
  s: number;
  v: number;
}

/**
 * `S = Σ(x_B − n_B X/N)`, `V = Σ n_A n_B X(N − X)/(N²(N − 1))` with X bad of N devices.
 */
export function mantelHaenszel(strata: readonly Stratum[]): Score {
  let [s, v] = [0, 0];
  for (const { nA, badA, nB, badB } of strata) {
    const n = nA + nB;
    if (nA === 0 || nB === 0) continue;
    const bad = badA + badB;
    // badB − nB · bad/n, without the difference of two large numbers
    s += (badB * nA - badA * nB) / n;
    v += ((nA / n) * (nB / n) * bad * (n - bad)) / (n - 1);
  }
  return { s, v };
}
