/**
 * Hellinger distance √(1 − Σ √(p·q)): a metric from 0 (equal shares) to 1 (no bin in common); its
 * square is one less the Bhattacharyya coefficient (Hellinger 1909).
 * @param reference counts or shares by bin; @param current of the same bins. Neither may be all 0.
 * @example hellinger([1, 0], [1, 1]) // √(1 − √½) ≈ .5412
 */
export function hellinger(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  let m = 0;
  let n = 0;
  for (let i = 0; i < reference.length; i++) {
    m += reference[i]!;
    n += current[i]!;
  }
  let coefficient = 0;
  for (let i = 0; i < reference.length; i++) {
    coefficient += Math.sqrt((reference[i]! / m) * (current[i]! / n));
  }
  return Math.sqrt(Math.max(1 - coefficient, 0)); // equal shares may add up to a little over 1
}
