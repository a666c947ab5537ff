/**
 * Kullback–Leibler divergence Σ p ln(p / q) in nats of the reference's shares p from the current q
 * (Kullback & Leibler 1951): 0 for equal shares, not symmetric, infinite where a bin that the
 * reference fills is empty now. Counts therefore want smoothing first.
 * @param reference counts or shares by bin, made to add up to 1; @param current of the same bins.
 * @example klDivergence([1, 1], [1, 3]) // ½ ln 2 + ½ ln ⅔ ≈ .1438
 */
export function klDivergence(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  let m = 0;
  let n = 0;
  for (let i = 0; i < reference.length; i++) {
    m += reference[i]!;
    n += current[i]!;
  }
  let divergence = 0;
  for (let i = 0; i < reference.length; i++) {
    const p = reference[i]! / m;
    if (p > 0) divergence += p * Math.log(p / (current[i]! / n));
  }
  return divergence;
}
