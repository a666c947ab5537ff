/**
 * L∞ distance max |p − q|, 0 … 1: by how much the share of any one bin moved at most. TensorFlow Data
 * Validation's skew and drift comparators use it for categories.
 * @param reference counts or shares by bin; @param current of the same bins. Neither may be all 0.
 * @example lInfinity([0, 9, 1], [3, 7, 0]) // .3
 */
export function lInfinity(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  let m = 0;
  let n = 0;
  for (let i = 0; i < reference.length; i++) {
    m += reference[i]!;
    n += current[i]!;
  }
  let most = 0;
  for (let i = 0; i < reference.length; i++) {
    most = Math.max(most, Math.abs(reference[i]! / m - current[i]! / n));
  }
  return most;
}
