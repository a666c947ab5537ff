/**
 * Benjamini–Hochberg (1995): which of many hypotheses to reject so that among the rejected ones at
 * most a share q is true, on average.
 * @param ps by hypothesis, 0 … 1; NaN is not a hypothesis and never rejected.
 * @returns by hypothesis the adjusted p-value: rejected at every q that is not below it.
 */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  const order = [...ps.keys()].filter((i) => !Number.isNaN(ps[i])).sort((a, b) => ps[a]! - ps[b]!);
  const adjusted = ps.map(() => Number.NaN);
  let least = 1;
  for (let rank = order.length; rank > 0; rank--) {
    const at = order[rank - 1]!;
    least = Math.min(least, (ps[at]! * order.length) / rank);
    adjusted[at] = least;
  }
  return adjusted;
}
