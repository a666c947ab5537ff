/**
 * Latency and load time as a rate: devices slower than an edge that is frozen when the rollout starts, at
 * the champion's 95th percentile. Frozen, because an edge that moves with the data makes no martingale.
 */

/**
 * @param counts the champion's devices by bin, in ascending order of the value, when the rollout starts.
 * @param p the quantile, between 0 and 1.
 * @returns the first bin that is "slow": of the edges that have devices on both sides, the one that is
 * nearest to p. Undefined if no edge has: there is no guardrail then.
 * @example frozenEdge([0, 50, 45, 4, 1], 0.95) // 3: of 100 devices 95 are below bin 3
 */
export function frozenEdge(counts: ArrayLike<number>, p = 0.95): number | undefined {
  const total = sum(counts, 0);
  let edge: number | undefined;
  let nearest = Number.POSITIVE_INFINITY;
  let below = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    below += counts[bin]!;
    const off = Math.abs(below / total - p);
    if (below === 0 || below === total || off >= nearest) continue;
    [edge, nearest] = [bin + 1, off];
  }
  return edge;
}

/** @param edge what {@link frozenEdge} answered; @returns devices, and how many of them are beyond it. */
export function exceedance(
  counts: ArrayLike<number>,
  edge: number,
): { devices: number; bad: number } {
  return { devices: sum(counts, 0), bad: sum(counts, edge) };
}

function sum(counts: ArrayLike<number>, from: number): number {
  let total = 0;
  for (let i = from; i < counts.length; i++) total += counts[i]!;
  return total;
}
