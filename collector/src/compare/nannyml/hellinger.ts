/**
 * NannyML's `hellinger`: √(½ Σ (√p − √q)²) over the shares of {@link numericShares} or
 * {@link categoricalShares}; 0 … 1.
 */
import type { Method } from './method.ts';
import { categoricalShares, numericShares, type Shares } from './shares.ts';

/** Equal to √(1 − Σ √(pq)), and more exact where the two are alike. */
function distance({ reference, chunk }: Shares): number {
  let squares = 0;
  for (let i = 0; i < reference.length; i++) {
    squares += (Math.sqrt(reference[i]!) - Math.sqrt(chunk[i]!)) ** 2;
  }
  return Math.sqrt(squares / 2);
}

export const numericHellinger: Method = (reference) => {
  const shares = numericShares(reference);
  return (chunk) => distance(shares(chunk));
};

export const categoricalHellinger: Method = (reference) => {
  const shares = categoricalShares(reference);
  return (chunk) => distance(shares(chunk));
};
