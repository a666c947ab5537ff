/**
 * Jensen–Shannon distance √(½ KL(P‖M) + ½ KL(Q‖M)), M = ½(P + Q): a metric (Endres & Schindelin 2003)
 * from 0 to √ln 2 ≈ .8326 with the natural logarithm, to 1 with base 2. Empty bins need no smoothing.
 * @param reference counts or shares by bin; @param current of the same bins. Neither may be all 0.
 * @param base of the logarithm; e is Evidently's, 2 NannyML's and (squared) TensorFlow Data Validation's.
 */
export function jensenShannon(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  base: number = Math.E,
): number {
  let m = 0;
  let n = 0;
  for (let i = 0; i < reference.length; i++) {
    m += reference[i]!;
    n += current[i]!;
  }
  let divergence = 0;
  for (let i = 0; i < reference.length; i++) {
    const p = reference[i]! / m;
    const q = current[i]! / n;
    const middle = (p + q) / 2;
    if (p > 0) divergence += (p / 2) * Math.log(p / middle);
    if (q > 0) divergence += (q / 2) * Math.log(q / middle);
  }
  return Math.sqrt(Math.max(divergence, 0) / Math.log(base)); // equal shares may round to −1e-17
}
