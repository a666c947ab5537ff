/**
 * How far the canary's rate is below R times the champion's: the estimating function of the
 * Mantel–Haenszel risk ratio and its variance (Greenland & Robins 1985, "Estimation of a common effect
 * parameter from sparse follow-up data", Biometrics 41, 55–68).
 *
 * `S = Σ (R x_A n_B − x_B n_A)/N`, `V = R Σ (n_A n_B X − N x_A x_B)/N²`.
 *
 * Under p_B = R p_A a stratum of S has mean 0, and V is unbiased for its variance whatever p_A, for
 * strata of few devices as well; R = 1 gives Mantel and Haenszel's. Where p_B is above R p_A, S drifts down.
 * @returns S positive where the canary is better than R times.
 */
import type { Score } from './mantelHaenszel.ts';
import type { Stratum } from './stratum.ts';

export function riskRatioScore(strata: readonly Stratum[], ratio: number): Score {
  let [s, v] = [0, 0];
  for (const { nA, badA, nB, badB } of strata) {
    const n = nA + nB;
    if (nA === 0 || nB === 0) continue;
    s += (ratio * badA * nB - badB * nA) / n;
    // (n_A n_B X − N x_A x_B)/(n_A n_B), as a sum of what cannot be negative
    const discordant = badA * (1 - badB / nB) + badB * (1 - badA / nA);
    v += ratio * (nA / n) * (nB / n) * discordant;
  }
  return { s, v };
}
