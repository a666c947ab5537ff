/**
 * Evidently's `es`: Epps & Singleton's (1986) test that two empirical characteristic functions are equal
 * at t = .4 and .8, in units of the pooled semi-interquartile range; χ² with as many degrees of freedom
 * as the covariance has rank, corrected where both samples have fewer than 25 values. Drift at p < .05.
 *
 * Fewer than five distinct values make the covariance singular. In some large columns of 0 and 1
 * Evidently then takes the rounding of its sums for a second dimension; no other order of summing can
 * have the same p-value.
 */
import { SiskinError } from '@siskin/protocol';
import { EVD, Matrix } from 'ml-matrix';
import { chiSquareSurvival } from '../../distances/chiSquareSurvival.ts';
import type { NumericSamples } from '../samples.ts';

const POINTS = [0.4, 0.8];
const MIN_SIZE = 5;
/** Eigenvalues below this share of the largest count as 0. */
const SINGULAR = 1e-15;

/** @throws SiskinError `data_invalid` for fewer than five values a side, or no spread among the middle half. */
export function eppsSingleton(samples: NumericSamples): number {
  const { m, n } = samples;
  if (m < MIN_SIZE || n < MIN_SIZE) {
    throw new SiskinError('data_invalid', `es needs ${MIN_SIZE} values on each side`);
  }
  const range = interquartileRange(samples);
  if (range === 0) {
    throw new SiskinError(
      'data_invalid',
      'es needs an interquartile range: half of all values are the same',
    );
  }
  const features = characteristic(samples.values, range / 2);
  const a = momentsOf(features, samples.reference, m);
  const b = momentsOf(features, samples.current, n);
  const size = m + n;
  const covariance = Matrix.add(a.covariance.mul(size / m), b.covariance.mul(size / n));
  const difference = Matrix.sub(a.mean, b.mean).to1DArray();
  let { statistic, rank } = quadraticForm(covariance, difference);
  statistic *= size;
  if (Math.max(m, n) < 25) {
    statistic /= 1 + size ** -0.45 + 10.1 * (m ** -1.7 + n ** -1.7);
  }
  if (rank === 0) throw new SiskinError('data_invalid', 'es needs values that vary on both sides');
  return chiSquareSurvival(statistic, rank);
}

/** Of both samples together, quantiles interpolated between neighbours. */
function interquartileRange({ values, reference, current, m, n }: NumericSamples): number {
  const at = (rank: number): number => {
    let below = 0;
    for (let i = 0; i < values.length; i++) {
      below += reference[i]! + current[i]!;
      if (below > rank) return values[i]!;
    }
    return values.at(-1)!;
  };
  const quantile = (p: number): number => {
    const rank = (m + n - 1) * p;
    const share = rank - Math.floor(rank);
    const [low, high] = [at(Math.floor(rank)), at(Math.floor(rank) + 1)];
    return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share);
  };
  return quantile(0.75) - quantile(0.25);
}

/** By distinct value: cosines at both points, then sines. */
function characteristic(values: Float64Array, scale: number): Float64Array[] {
  const [cos, sin] = [Math.cos, Math.sin].map((f) =>
    POINTS.map((t) => values.map((x) => f((t / scale) * x))),
  );
  return [...cos!, ...sin!];
}

/** Mean (a row) and covariance (population) of the features, each value as often as it occurs. */
function momentsOf(features: readonly Float64Array[], counts: Float64Array, size: number) {
  const mean = features.map((feature) => weightedMean(counts, size, (i) => feature[i]!));
  const covariance = Matrix.zeros(features.length, features.length);
  for (const [row, x] of features.entries()) {
    for (const [column, y] of features.entries()) {
      if (column > row) continue;
      const value = weightedMean(
        counts,
        size,
        (i) => (x[i]! - mean[row]!) * (y[i]! - mean[column]!),
      );
      covariance.set(row, column, value);
      covariance.set(column, row, value);
    }
  }
  return { mean: Matrix.rowVector(mean), covariance };
}

function weightedMean(counts: Float64Array, size: number, f: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < counts.length; i++) if (counts[i]! > 0) total += counts[i]! * f(i);
  return total / size;
}

/** dᵀ C⁺ d, C⁺ the pseudo-inverse, and the rank of C. */
function quadraticForm(covariance: Matrix, d: readonly number[]) {
  const { realEigenvalues, eigenvectorMatrix } = new EVD(covariance, { assumeSymmetric: true });
  const largest = Math.max(...realEigenvalues.map(Math.abs));
  let [statistic, rank] = [0, 0];
  for (const [i, eigenvalue] of realEigenvalues.entries()) {
    if (!(Math.abs(eigenvalue) > SINGULAR * largest)) continue;
    const along = d.reduce((sum, x, row) => sum + x * eigenvectorMatrix.get(row, i), 0);
    statistic += along ** 2 / eigenvalue;
    rank++;
  }
  return { statistic, rank };
}
