/**
 * ∫ |F − G|^power of two samples' cumulative distributions, which step at their values: Wasserstein-1
 * with power 1, half the squared energy distance with power 2 (Székely & Rizzo 2013).
 * @param values distinct, ascending; @param reference how often each occurs; @param current likewise.
 */
export function gapIntegral(
  values: ArrayLike<number>,
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  power: 1 | 2,
): number {
  let m = 0;
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    m += reference[i]!;
    n += current[i]!;
  }
  let below = 0;
  let belowCurrent = 0;
  let integral = 0;
  for (let i = 0; i + 1 < values.length; i++) {
    below += reference[i]!;
    belowCurrent += current[i]!;
    const gap = Math.abs(below / m - belowCurrent / n);
    integral += (power === 1 ? gap : gap * gap) * (values[i + 1]! - values[i]!);
  }
  return integral;
}
