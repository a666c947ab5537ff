/**
 * How far the canary's rate is below R times the champion's: the estimating function of the
 * Mantel–Haenszel risk ratio and its variance (Greenland & Robins 1985, "Estimation of a common effect
 * parameter from sparse follow-up data", Biometrics 41, 55–68), in units of R:
 *
 * `S = Σ (x_A n_B − x_B n_A/R)/N`, `V = Σ (n_A n_B X − N x_A x_B)/(R N²)`.
 *
 * Under p_B = R p_A a stratum of S has mean 0, and V is unbiased for its variance whatever p_A, for
 * strata of few devices as well; R = 1 is Mantel and Haenszel's sum. Where p_B is above R p_A, S drifts
 * down. In units of R no device moves S by more than 1: in those of the score a champion's would move it by
 * R, and simulated at R = 5 the sum is still so skewed at a variance of 5 that .09 instead of .05 err.
 * @returns S positive where the canary is better than R times.
 */
import type { Score } from './mantelHaenszel.ts';
import type { Stratum } from './stratum.ts';

export function riskRatioScore(strata: readonly Stratum[], ratio: number): Score {
  let [s, v] = [0, 0];
  for (const { nA, badA, nB, badB } of strata) {
    const n = nA + nB;
    if (nA === 0 || nB === 0) continue;
    s += (badA * nB - (badB * nA) / ratio) / n;
    // (n_A n_B X − N x_A x_B)/(n_A n_B), as a sum of what cannot be negative
    const discordant = badA * (1 - badB / nB) + badB * (1 - badA / nA);
    v += ((nA / n) * (nB / n) * discordant) / ratio;
  }
  return { s, v };
}
