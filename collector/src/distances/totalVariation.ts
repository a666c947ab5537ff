/**
 * Total variation distance ½ Σ |p − q|, 0 … 1: the share of observations that would have to be another
 * value for the two distributions to be equal.
 * @param reference counts or shares by bin; @param current of the same bins. Neither may be all 0.
 * @example totalVariation([9, 1], [5, 5]) // .4
 */
export function totalVariation(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  let m = 0;
  let n = 0;
  for (let i = 0; i < reference.length; i++) {
    m += reference[i]!;
    n += current[i]!;
  }
  let total = 0;
  for (let i = 0; i < reference.length; i++) total += Math.abs(reference[i]! / m - current[i]! / n);
  return total / 2;
}
