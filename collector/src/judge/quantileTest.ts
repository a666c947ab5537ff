/**
 * Do both arms have the same p-quantile? (Howard & Ramdas 2022, "Sequential estimation of quantiles with
 * applications to A/B testing and best-arm identification", Bernoulli 28(3), section 5.) If x were the
 * quantile of both, the number of each arm's values up to x would be binomial with probability p; the
 * evidence against the null is that against the x that fits best: `min_x Σ_arms BB(n F̂(x), n; p, c)`.
 *
 * In a histogram F̂ is known at the edges of bins only. Inside one it is taken as near to p as the bin
 * allows, in each arm for itself, so that what bins hide counts for the null (the mixture is smallest there,
 * but for .02 in ln E at the 5th and 95th percentile). Reported, not judged by: it is two-sided, and pooled
 * over strata.
 *
 * @param a values by bin, ascending; @param b those of the other arm, in the same bins.
 * @param p the quantile, between 0 and 1. @param c concentration of the prior.
 * @returns ln E.
 */
import { betaBinomial } from './betaBinomial.ts';

export const QUANTILE_CONCENTRATION = 100;

export function quantileTest(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  p: number,
  c = QUANTILE_CONCENTRATION,
): number {
  const arms = [a, b].map((counts) => ({ counts, n: totalOf(counts), below: 0 }));
  let least = Number.POSITIVE_INFINITY;
  for (let bin = 0; bin < a.length; bin++) {
    let logE = 0;
    for (const arm of arms) {
      const upTo = arm.below + arm.counts[bin]!;
      const nearest = Math.min(Math.max(arm.n * p, arm.below), upTo);
      logE += betaBinomial(nearest, arm.n, p, c);
      arm.below = upTo;
    }
    least = Math.min(least, logE);
  }
  return least;
}

function totalOf(counts: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]!;
  return total;
}
