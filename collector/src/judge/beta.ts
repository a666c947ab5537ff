/**
 * The beta distribution in logarithms, for parameters from 1e-9 to 1e9: neither the density nor a tail
 * of a million standard deviations under- or overflows.
 */
import gammaln from '@stdlib/math-base-special-gammaln';

const HALF_LN_TWO_PI = Math.log(2 * Math.PI) / 2;

/**
 * ln[x(1 − x) · density of Beta(a, b) at x] = a ln x + b ln(1 − x) − ln B(a, b).
 *
 * The powers are taken relative to the mean (Loader 2000, "Fast and accurate computation of binomial
 * probabilities"): differences of log-gammas would lose eight digits at a hundred million counts.
 * @param x between 0 and 1, exclusive.
 */
export function logBetaKernel(a: number, b: number, x: number): number {
  const n = a + b;
  const off = x * n - a;
  return (
    a * Math.log1p(off / a) +
    b * Math.log1p(-off / b) +
    (Math.log(a / n) + Math.log(b)) / 2 -
    HALF_LN_TWO_PI +
    (stirlingError(n) - stirlingError(a) - stirlingError(b))
  );
}

/**
 * ln P(Beta(a, b) > x), the logarithm of the regularised incomplete beta function I₍₁₋ₓ₎(b, a).
 * @param x between 0 and 1, exclusive.
 */
export function logBetaAbove(a: number, b: number, x: number): number {
  const kernel = logBetaKernel(a, b, x);
  // Each fraction converges fast on its own side of the mean.
  return 1 - x < (b + 1) / (a + b + 2)
    ? kernel - Math.log(b) + Math.log(incompleteFraction(b, a, 1 - x))
    : Math.log1p(-Math.exp(kernel - Math.log(a)) * incompleteFraction(a, b, x));
}

/** ln Γ(z) less Stirling's formula: (z − ½) ln z − z + ½ ln 2π. */
function stirlingError(z: number): number {
  if (z < 10) return gammaln(z) - ((z - 0.5) * Math.log(z) - z + HALF_LN_TWO_PI);
  const w = 1 / (z * z);
  // Bernoulli numbers, DLMF 5.11.1; the first one left out is below 1e-15 from 10 on.
  return (
    (1 / 12 -
      w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w * (1 / 1188 - w * (691 / 360360)))))) /
    z
  );
}

/** The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's algorithm. */
function incompleteFraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  // Near the mean it takes some √(a + b) steps.
  const most = 1000 + 20 * Math.sqrt(a + b);
  for (let m = 1; m < most; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return fraction;
}
