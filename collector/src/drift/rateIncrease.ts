/**
 * Has a rate gone up? One-sided exact test of a 2×2 table (Fisher 1935): the probability of at least
 * `hits` among the current observations if both samples have one rate. For values beyond the range of
 * the reference (0 of m by construction) it is also the distribution-free law of how many new values
 * exceed the largest of m.
 * @returns p in (0, 1]; 1 where the current rate is not above the reference's.
 * @example rateIncrease(8, 10, 1, 6) // 196/8008 = .02448
 */
import gammaln from '@stdlib/math-base-special-gammaln';

export function rateIncrease(hits: number, n: number, referenceHits: number, m: number): number {
  if (n === 0 || m === 0 || hits * m <= referenceHits * n) return 1;
  const all = hits + referenceHits;
  const misses = n + m - all;
  let term = Math.exp(logChoose(all, hits) + logChoose(misses, n - hits) - logChoose(n + m, n));
  let p = 0;
  for (let x = hits; x <= Math.min(n, all); x++) {
    p += term;
    if (term < p * 1e-17) break; // beyond the mode the terms only shrink
    term *= ((all - x) * (n - x)) / ((x + 1) * (misses - n + x + 1));
  }
  return Math.min(p, 1);
}

function logChoose(n: number, k: number): number {
  return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1);
}
