/**
 * Evidently's Hellinger distance: of categories over their shares; of numbers over densities in bins by
 * Sturges' rule whose number follows from how many *distinct* values there are on both sides, not from
 * how many observations. Drift at ≥ .1.
 */
import { hellinger as ofCounts } from '../../distances/hellinger.ts';
import { histogram, sturgesEdges } from '../histogram.ts';
import type { Samples } from '../samples.ts';

export function hellinger(samples: Samples): number {
  if (samples.kind === 'categorical') return ofCounts(samples.reference, samples.current);
  const { values, sorted, m, n } = samples;
  const edges = sturgesEdges(values[0]!, values.at(-1)!, values.length);
  const reference = histogram(sorted.reference, edges);
  const current = histogram(sorted.current, edges);
  const bins = reference.length;
  // By way of densities, because that is what rounds the distance of values far from zero.
  const width = (edges[bins]! - edges[0]!) / bins;
  let coefficient = 0;
  for (let bin = 0; bin < bins; bin++) {
    const own = edges[bin + 1]! - edges[bin]!;
    const p = reference[bin]! / own / m;
    const q = current[bin]! / own / n;
    coefficient += Math.sqrt(p * q) * width;
  }
  return Math.sqrt(Math.max(1 - coefficient, 0));
}
