/**
 * NannyML's `kolmogorov_smirnov`: the statistic D. Of a reference of 10 000 values or more it keeps a
 * histogram of 10 000 bins of equal width only, and compares cumulative shares at their upper edges.
 */
import { kolmogorovSmirnov as distance } from '../../distances/kolmogorovSmirnov.ts';
import { equalEdges, histogram, lowerBound } from '../histogram.ts';
import { pool } from '../samples.ts';
import type { Method } from './method.ts';

export const MAX_EXACT = 10_000;
export const BINS = 10_000;

export const kolmogorovSmirnov: Method = (reference) => {
  if (reference.length < MAX_EXACT) {
    return (chunk) => {
      const pooled = pool(reference, chunk);
      return distance(pooled.reference, pooled.current);
    };
  }
  const edges = equalEdges(reference[0]!, reference.at(-1)!, BINS);
  const counts = histogram(reference, edges);
  return (chunk) => {
    const chunkCounts = histogram(chunk, edges);
    let below = 0;
    let chunkBelow = lowerBound(chunk, edges[0]!);
    let most = 0;
    for (let bin = 0; bin < BINS; bin++) {
      below += counts[bin]!;
      chunkBelow += chunkCounts[bin]!;
      most = Math.max(most, Math.abs(below / reference.length - chunkBelow / chunk.length));
    }
    return most;
  };
};
