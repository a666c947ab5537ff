/** Histograms of equal width by NumPy's conventions, to the last bit of an edge. */
import { SiskinError } from '@siskin/protocol';

/**
 * Edges by Sturges' rule: bins as wide as the range over log₂(size) + 1 (Sturges 1926).
 * @param least smallest of the values; @param greatest largest; @param size how many there are, ≥ 1.
 */
export function sturgesEdges(least: number, greatest: number, size: number): Float64Array {
  return edgesOfWidth(least, greatest, (greatest - least) / (Math.log2(size) + 1));
}

/**
 * Edges by Doane's rule: Sturges' with log₂(1 + |g₁| / σ(g₁)) more bins, g₁ the skewness (Doane 1976).
 * @param sorted ascending, finite, not empty.
 */
export function doaneEdges(sorted: Float64Array): Float64Array {
  const size = sorted.length;
  const least = sorted[0]!;
  const greatest = sorted[size - 1]!;
  if (size <= 2) return edgesOfWidth(least, greatest, 0);
  const mean = average(sorted, (x) => x);
  const sigma = Math.sqrt(average(sorted, (x) => (x - mean) ** 2));
  if (!(sigma > 0)) return edgesOfWidth(least, greatest, 0);
  const skewness = average(sorted, (x) => ((x - mean) / sigma) ** 3);
  const spread = Math.sqrt((6 * (size - 2)) / ((size + 1) * (size + 3)));
  const bins = 1 + Math.log2(size) + Math.log2(1 + Math.abs(skewness) / spread);
  return edgesOfWidth(least, greatest, (greatest - least) / bins);
}

/** One bin where all values are one, half a unit to either side of it. */
function edgesOfWidth(least: number, greatest: number, width: number): Float64Array {
  const [first, last] = outerEdges(least, greatest);
  return equalEdges(first, last, width > 0 ? Math.ceil((last - first) / width) : 1);
}

/** The range of values, widened by ½ on both sides where it is empty. */
export function outerEdges(least: number, greatest: number): [first: number, last: number] {
  return least === greatest ? [least - 0.5, greatest + 0.5] : [least, greatest];
}

/**
 * `bins` + 1 edges from first to last.
 * @throws SiskinError `data_invalid` if there is no end to their distance.
 */
export function equalEdges(first: number, last: number, bins: number): Float64Array {
  if (!Number.isFinite(last - first)) {
    throw new SiskinError('data_invalid', 'bins of equal width need finite values');
  }
  const step = (last - first) / bins;
  const edges = Float64Array.from({ length: bins + 1 }, (_, i) => i * step + first);
  edges[bins] = last;
  return edges;
}

/**
 * Values per bin: each holds its lower edge, the last one both. What lies outside is not counted.
 * @param sorted ascending; @param edges ascending.
 */
export function histogram(sorted: Float64Array, edges: Float64Array): Float64Array {
  const bins = edges.length - 1;
  const counts = new Float64Array(bins);
  let below = lowerBound(sorted, edges[0]!, 0);
  for (let bin = 0; bin < bins; bin++) {
    const edge = edges[bin + 1]!;
    const next =
      bin === bins - 1 ? upperBound(sorted, edge, below) : lowerBound(sorted, edge, below);
    counts[bin] = next - below;
    below = next;
  }
  return counts;
}

/** How many of the ascending values are less than x, at least `from`. */
export function lowerBound(sorted: Float64Array, x: number, from = 0): number {
  let [low, high] = [from, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many of the ascending values are not greater than x, at least `from`. */
export function upperBound(sorted: Float64Array, x: number, from = 0): number {
  let [low, high] = [from, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Mean of f over the values. */
export function average(values: Float64Array, f: (x: number) => number): number {
  let total = 0;
  let lost = 0; // Kahan: what the addition before rounded away
  for (const value of values) {
    const term = f(value) - lost;
    const next = total + term;
    lost = next - total - term;
    total = next;
  }
  return total / values.length;
}
