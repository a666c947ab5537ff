/**
 * Two-sample χ² test of homogeneity on binned counts: Σ (√(m/n)·a − √(n/m)·b)² / (a + b) over bins,
 * a of n current and b of m reference observations (Press et al., Numerical Recipes, §14.3). Bins are
 * merged until the smaller sample expects at least 5 in each (Cochran 1954), so df = merged bins − 1.
 */
import { chiSquareSurvival } from './chiSquareSurvival.ts';

export interface ChiSquare {
  statistic: number;
  df: number;
  p: number;
}

const MIN_EXPECTED = 5;

/**
 * @param reference counts by bin; @param current counts of the same bins.
 * @param ordered neighbouring bins are merged with each other; otherwise all small ones together.
 * @returns statistic 0, df 0 and p 1 where nothing is left to compare.
 */
export function chiSquare(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  ordered: boolean,
): ChiSquare {
  const bins = Array.from(reference, (b, i): Bin => ({ a: current[i]!, b }));
  const n = bins.reduce((sum, bin) => sum + bin.a, 0);
  const m = bins.reduce((sum, bin) => sum + bin.b, 0);
  if (n === 0 || m === 0) return { statistic: 0, df: 0, p: 1 };
  const enough = (MIN_EXPECTED * (n + m)) / Math.min(n, m);
  const merged = ordered ? mergeNeighbours(bins, enough) : mergeSmall(bins, enough);
  let statistic = 0;
  for (const { a, b } of merged) {
    statistic += (Math.sqrt(m / n) * a - Math.sqrt(n / m) * b) ** 2 / (a + b);
  }
  const df = merged.length - 1;
  return df === 0
    ? { statistic: 0, df, p: 1 }
    : { statistic, df, p: chiSquareSurvival(statistic, df) };
}

interface Bin {
  a: number;
  b: number;
}

const size = (bin: Bin): number => bin.a + bin.b;
const join = (x: Bin, y: Bin): Bin => ({ a: x.a + y.a, b: x.b + y.b });

function mergeNeighbours(bins: readonly Bin[], enough: number): Bin[] {
  const merged: Bin[] = [];
  let open: Bin = { a: 0, b: 0 };
  for (const bin of bins) {
    open = join(open, bin);
    if (size(open) >= enough) {
      merged.push(open);
      open = { a: 0, b: 0 };
    }
  }
  const last = merged.pop();
  return [...merged, last === undefined ? open : join(last, open)];
}

function mergeSmall(bins: readonly Bin[], enough: number): Bin[] {
  const large = bins.filter((bin) => size(bin) >= enough).sort((x, y) => size(y) - size(x));
  const rest = bins.filter((bin) => size(bin) < enough).reduce(join, { a: 0, b: 0 });
  if (size(rest) >= enough || large.length === 0) return [...large, rest];
  const least = large.pop()!;
  return [...large, join(least, rest)];
}
