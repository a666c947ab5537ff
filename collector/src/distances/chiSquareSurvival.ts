/**
 * P(χ²_df ≥ statistic), the upper regularised incomplete gamma function Q(df/2, statistic/2): by its
 * series below the mean and by its continued fraction above (DLMF 8.7.1, 8.9.2), so that neither end
 * is the difference of nearly equal numbers. Good to ten digits up to millions of degrees of freedom,
 * where @stdlib/math-base-special-gammainc 0.3.1 is wrong in the second: a column may have as many.
 */
import gammaln from '@stdlib/math-base-special-gammaln';

const EPSILON = 1e-16;

/** @param statistic ≥ 0, maybe infinite; @param df ≥ 1. @returns 0 … 1. */
export function chiSquareSurvival(statistic: number, df: number): number {
  if (!(statistic > 0)) return 1;
  if (statistic === Number.POSITIVE_INFINITY) return 0;
  const a = df / 2;
  const x = statistic / 2;
  return x < a + 1 ? 1 - density(a, x) * series(a, x) : density(a, x) * fraction(a, x);
}

/** xᵃ e⁻ˣ / Γ(a), from how far x is from a, so that nothing large cancels. */
function density(a: number, x: number): number {
  if (a < 20) return Math.exp(a * Math.log(x) - x - gammaln(a));
  const u = (x - a) / a;
  // ln Γ(a) = (a − ½) ln a − a + ½ ln 2π + 1/12a − … (Stirling)
  const rest = 1 / (12 * a) - 1 / (360 * a ** 3) + 1 / (1260 * a ** 5) - 1 / (1680 * a ** 7);
  return Math.sqrt(a / (2 * Math.PI)) * Math.exp(a * (Math.log1p(u) - u) - rest);
}

/** Σ xⁿ / (a (a + 1) … (a + n)). */
function series(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; term > sum * EPSILON; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

/** 1 / (x + 1 − a − 1·(1 − a) / (x + 3 − a − …)), from the front (Lentz 1976). */
function fraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = Number.POSITIVE_INFINITY;
  let d = 1 / b;
  let value = d;
  for (let i = 1; ; i++) {
    const numerator = -i * (i - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    const change = c * d;
    value *= change;
    if (Math.abs(change - 1) < 10 * EPSILON) return value;
  }
}
