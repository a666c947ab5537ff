/**
 * NannyML's `jensen_shannon`: Jensen–Shannon distance, base 2, of the shares of {@link numericShares} or
 * {@link categoricalShares}; 0 … 1.
 */
import { jensenShannon } from '../../distances/jensenShannon.ts';
import type { Method } from './method.ts';
import { categoricalShares, numericShares, type Shares } from './shares.ts';

const distance = ({ reference, chunk }: Shares): number => jensenShannon(reference, chunk, 2);

export const numericJensenShannon: Method = (reference) => {
  const shares = numericShares(reference);
  return (chunk) => distance(shares(chunk));
};

export const categoricalJensenShannon: Method = (reference) => {
  const shares = categoricalShares(reference);
  return (chunk) => distance(shares(chunk));
};
