/**
 * The bins of Evidently's PSI, Jensen–Shannon distance and KL divergence (stattests/utils.py): of
 * numbers with more than 20 distinct values in the reference, Sturges' bins over both samples, whatever
 * number of bins is asked for; of all else, a bin per value.
 */
import { histogram, sturgesEdges } from '../histogram.ts';
import { distinctReference, type Samples } from '../samples.ts';

const MAX_VALUES = 20;

export interface Shares {
  reference: Float64Array;
  current: Float64Array;
}

export function binned(samples: Samples): Shares {
  const { m, n } = samples;
  const { reference, current } = countsIn(samples);
  return {
    reference: reference.map((count) => count / m),
    current: current.map((count) => count / n),
  };
}

function countsIn(samples: Samples): Shares {
  if (samples.kind === 'categorical' || distinctReference(samples) <= MAX_VALUES) return samples;
  const { values, sorted, m, n } = samples;
  const edges = sturgesEdges(values[0]!, values.at(-1)!, m + n);
  return {
    reference: histogram(sorted.reference, edges),
    current: histogram(sorted.current, edges),
  };
}

/**
 * Empty shares become 1e−4, or a millionth of the smallest share where that is itself no more than
 * 1e−4; the others stay, so the sum is a little more than 1.
 */
export function filled({ reference, current }: Shares): Shares {
  return { reference: withoutZeros(reference), current: withoutZeros(current) };
}

function withoutZeros(shares: Float64Array): Float64Array {
  let least = 1;
  for (const share of shares) if (share > 0 && share < least) least = share;
  const fill = least <= 1e-4 ? least / 1e6 : 1e-4;
  return shares.map((share) => (share === 0 ? fill : share));
}
