/**
 * Population stability index Σ (q − p) ln(q / p), in nats: the symmetric Kullback–Leibler divergence
 * of the current shares q from the reference's p. As a rule of thumb .1 is a moderate shift and .25 a
 * large one (Siddiqi 2006, Credit Risk Scorecards).
 *
 * Every count gets Jeffreys' ½, so that an empty bin costs what one observation can tell and no more.
 * @param reference counts by bin; @param current counts of the same bins.
 * @returns ≥ 0; 0 if the shares are equal.
 * @example psi([50, 50], [50, 50]) // 0
 */
export function psi(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  return psiOfShares(jeffreys(reference), jeffreys(current));
}

/** The same of shares as they are. @param p of the reference, each > 0; @param q likewise. */
export function psiOfShares(p: ArrayLike<number>, q: ArrayLike<number>): number {
  let index = 0;
  for (let i = 0; i < p.length; i++) index += (q[i]! - p[i]!) * Math.log(q[i]! / p[i]!);
  return index;
}

/**
 * PSI less what sampling noise alone adds to it on average, (B − 1)(1/n + 1/m), floored at 0.
 * @param bins B; @param n observations of the current window; @param m of the reference.
 */
export function noiseCorrected(index: number, bins: number, n: number, m: number): number {
  return Math.max(index - (bins - 1) * (1 / n + 1 / m), 0);
}

function jeffreys(counts: ArrayLike<number>): Float64Array {
  const smoothed = Float64Array.from(counts, (count) => count + 0.5);
  let total = 0;
  for (const count of smoothed) total += count;
  return smoothed.map((count) => count / total);
}
