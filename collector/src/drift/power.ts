/** How much it takes to find what matters. */
import fQuantile from '@stdlib/stats-base-dists-f-quantile';

/** Standard normal quantile of a power of 80 %. */
const POWER = 0.8416;
/** Least PSI that is asked for, so that a floor of 0 does not ask for infinitely many observations. */
const LEAST_PSI = 0.01;

/**
 * Independent observations at which the smooth test finds a shift of PSI ψ with a power of 80 %. Such a
 * shift moves the statistic by n ψ: for a normal distribution that moves by δ standard deviations both
 * are n δ². The root of a non-central χ² is about normal with variance 1 around √(λ + d − 1) (Patnaik
 * 1949), so the least λ is (√critical + z)² − (d − 1).
 * @param about.dimensions d, components of the statistic. @param about.df of their variances.
 * @param about.alpha level of the test, after all corrections for many tests.
 */
export function neededFor(
  psi: number,
  about: { dimensions: number; df: number; alpha: number },
): number {
  const { df, alpha } = about;
  const d = Math.max(about.dimensions, 1);
  const critical = d * fQuantile(1 - alpha, d, df);
  return ((Math.sqrt(critical) + POWER) ** 2 - (d - 1)) / Math.max(psi, LEAST_PSI);
}
