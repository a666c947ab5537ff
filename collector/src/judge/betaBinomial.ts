/**
 * The one primitive of rates with a known null: an e-value of "x events of n have probability p", by a
 * beta–binomial mixture (Robbins 1970; Lindon & Malek, NeurIPS 2022, theorem 3.1 with two categories).
 *
 * The prior Beta(cp, c(1 − p)) has its mean at p; the e-value is its density at p over that of the
 * posterior there (Savage–Dickey), which is
 * `ln B(cp + x, c(1 − p) + n − x) − ln B(cp, c(1 − p)) − x ln p − (n − x) ln(1 − p)`.
 * One-sided, the prior is truncated to one side of p. It is a martingale under p, so it may be looked at
 * after every event; and a supermartingale under every probability on the other side.
 *
 * @param x 0 … n, a whole number or not. @param p between 0 and 1, exclusive.
 * @param c concentration: as many events as the prior is worth.
 * @param side of p on which the alternative lies.
 * @returns ln E; reject at ln(1/α).
 * @example betaBinomial(10, 10, 0.5, 10) // 2.4066
 * @example betaBinomial(10, 10, 0.5, 10, 'above') // 3.0901
 */
import { logBetaAbove, logBetaKernel } from './beta.ts';

export type Side = 'either' | 'above' | 'below';

export function betaBinomial(
  x: number,
  n: number,
  p: number,
  c: number,
  side: Side = 'either',
): number {
  if (side === 'below') return betaBinomial(n - x, n, 1 - p, c, 'above');
  const [a, b] = [c * p, c * (1 - p)];
  const mixture = logBetaKernel(a, b, p) - logBetaKernel(a + x, b + n - x, p);
  if (side === 'either' || n === 0) return n === 0 ? 0 : mixture;
  return mixture + logBetaAbove(a + x, b + n - x, p) - logBetaAbove(a, b, p);
}
