/**
 * Wasserstein-1 (earth mover's) distance ∫ |F − G|, in the values' own unit: how far the mass has to
 * travel. Inside a bin both cumulative distributions are straight lines, so each bin adds a trapezoid
 * (two triangles where the lines cross).
 * @param segments the stretches of values, ascending and not overlapping.
 * @param reference mass by segment; @param current likewise. Neither may be all 0.
 */
export function wasserstein(
  segments: readonly { lower: number; upper: number }[],
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): number {
  let m = 0;
  let n = 0;
  for (let i = 0; i < segments.length; i++) {
    m += reference[i]!;
    n += current[i]!;
  }
  let distance = 0;
  let gap = 0; // F − G at the end of the last segment
  for (const [i, { lower, upper }] of segments.entries()) {
    const before = segments[i - 1];
    if (before !== undefined) distance += Math.abs(gap) * (lower - before.upper);
    const next = gap + reference[i]! / m - current[i]! / n;
    distance += areaBetween(gap, next) * (upper - lower);
    gap = next;
  }
  return distance;
}

/** Mean of |x| along the straight line from a to b. */
function areaBetween(a: number, b: number): number {
  if (a * b >= 0) return Math.abs(a + b) / 2;
  return (a * a + b * b) / (2 * (Math.abs(a) + Math.abs(b)));
}
