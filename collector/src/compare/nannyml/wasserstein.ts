/**
 * NannyML's `wasserstein`: Wasserstein-1 in the column's own unit. Of a reference of 10 000 values or
 * more it keeps a histogram of 10 000 bins of equal width, sums |F − G| at their upper edges, and adds
 * what lies outside with one value too many on either side: the edge itself. That is followed.
 */
import { gapIntegral } from '../../distances/gapIntegral.ts';
import { equalEdges, histogram, lowerBound, outerEdges, upperBound } from '../histogram.ts';
import { pool } from '../samples.ts';
import { BINS, MAX_EXACT } from './kolmogorovSmirnov.ts';
import type { Method } from './method.ts';

export const wasserstein: Method = (reference) => {
  if (reference.length < MAX_EXACT) {
    return (chunk) => {
      const { values, reference: p, current: q } = pool(reference, chunk);
      return gapIntegral(values, p, q, 1);
    };
  }
  const [first, last] = outerEdges(reference[0]!, reference.at(-1)!);
  const edges = equalEdges(first, last, BINS);
  const counts = histogram(reference, edges);
  const width = edges[1]! - edges[0]!;
  return (chunk) => {
    const n = chunk.length;
    const smaller = chunk.subarray(0, lowerBound(chunk, first));
    const greater = chunk.subarray(upperBound(chunk, last));
    const chunkCounts = histogram(chunk, edges);
    let inside = 0;
    let below = 0;
    let chunkBelow = smaller.length === 0 ? 0 : smaller.length + 1;
    for (let bin = 0; bin < BINS; bin++) {
      below += counts[bin]!;
      chunkBelow += chunkCounts[bin]!;
      inside += Math.abs(below / reference.length - chunkBelow / n);
    }
    return inside * width + (distanceTo(first, smaller) + distanceTo(last, greater)) / n;
  };
};

/** Σ |x − edge|. */
function distanceTo(edge: number, values: Float64Array): number {
  let total = 0;
  for (const value of values) total += Math.abs(value - edge);
  return total;
}
