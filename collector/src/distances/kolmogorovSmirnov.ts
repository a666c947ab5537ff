/**
 * Kolmogorov–Smirnov distance D = max |F − G| of the two cumulative distributions, taken at the edges
 * of ordered bins: 0 … 1, never more than on the raw values.
 * @param reference mass by bin, ascending; @param current mass of the same bins. Neither may be all 0.
 */
export function kolmogorovSmirnov(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): number {
  let m = 0;
  let n = 0;
  for (let i = 0; i < reference.length; i++) {
    m += reference[i]!;
    n += current[i]!;
  }
  let below = 0;
  let belowCurrent = 0;
  let distance = 0;
  for (let i = 0; i < reference.length; i++) {
    below += reference[i]!;
    belowCurrent += current[i]!;
    distance = Math.max(distance, Math.abs(below / m - belowCurrent / n));
  }
  return distance;
}
