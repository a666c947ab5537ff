/**
 * The limiting distribution of the Cramér–von Mises statistic: Csörgő & Faraway (1996, JRSS B 58),
 * equation 1.2, summed until a term is below 1e−7. That is where Evidently stops, and it bounds how
 * small a p-value can be told.
 */
import gammaln from '@stdlib/math-base-special-gammaln';

const LAST_TERM = 1e-7;

/** P(T < x). @param x > 0. */
export function cramerVonMisesLimit(x: number): number {
  let total = 0;
  for (let k = 0; ; k++) {
    const y = 4 * k + 1;
    const q = (y * y) / (16 * x);
    const weight = Math.exp(gammaln(k + 0.5) - gammaln(k + 1)) / (Math.PI ** 1.5 * Math.sqrt(x));
    const term = weight * Math.sqrt(y) * scaledBesselK(q) * Math.exp(-2 * q);
    total += term;
    if (term < LAST_TERM) return total;
  }
}

/**
 * e^q K_¼(q) = ∫ exp(−q (cosh t − 1)) cosh(t / 4) dt over t > 0 (DLMF 10.32.9), by the trapezoidal rule,
 * which converges geometrically on an integrand that is even and falls as fast as this one.
 */
function scaledBesselK(q: number): number {
  const step = Math.min(0.1, 0.4 / Math.sqrt(q)); // a few steps to the width of the peak
  let sum = 0.5;
  for (let i = 1; ; i++) {
    const t = i * step;
    const term = Math.exp(-q * 2 * Math.sinh(t / 2) ** 2) * Math.cosh(t / 4);
    sum += term;
    if (term < 1e-18 * sum) return sum * step;
  }
}
