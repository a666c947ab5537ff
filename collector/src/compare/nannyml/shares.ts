/**
 * The bins of NannyML's Jensen–Shannon and Hellinger distances: of numbers by Doane's rule on the
 * reference, of categories one for each of the reference's; and one for all that a chunk has besides.
 */
import { doaneEdges, histogram } from '../histogram.ts';

export interface Shares {
  reference: Float64Array;
  chunk: Float64Array;
}

export function numericShares(reference: Float64Array): (chunk: Float64Array) => Shares {
  const edges = doaneEdges(reference);
  const counts = histogram(reference, edges);
  return (chunk) => withLeftover(counts, reference.length, histogram(chunk, edges), chunk.length);
}

export function categoricalShares(reference: Float64Array): (chunk: Float64Array) => Shares {
  const known = (_: number, i: number): boolean => reference[i]! > 0;
  const counts = reference.filter(known);
  return (chunk) => withLeftover(counts, sum(counts), chunk.filter(known), sum(chunk));
}

function withLeftover(reference: Float64Array, m: number, chunk: Float64Array, n: number): Shares {
  const shares = {
    reference: reference.map((count) => count / m),
    chunk: chunk.map((count) => count / n),
  };
  const leftover = n - sum(chunk);
  if (leftover === 0) return shares;
  return {
    reference: appended(shares.reference, 0),
    chunk: appended(shares.chunk, leftover / n),
  };
}

function appended(shares: Float64Array, last: number): Float64Array {
  const longer = new Float64Array(shares.length + 1);
  longer.set(shares);
  longer[shares.length] = last;
  return longer;
}

export function sum(counts: Float64Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
