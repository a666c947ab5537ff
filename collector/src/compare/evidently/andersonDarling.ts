/**
 * Evidently's `anderson`: p-value of the two-sample Anderson–Darling test with mid-ranks (Scholz &
 * Stephens 1987), interpolated from seven critical values by a parabola through ln p and therefore never
 * more than .25 nor less than .001. Drift at p < .1.
 */
import { SiskinError } from '@siskin/protocol';
import { Matrix, solve } from 'ml-matrix';
import type { Pooled } from '../samples.ts';

const LEVELS = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001];
/** Scholz & Stephens 1987, table 2, b₀ + b₁ + b₂ for two samples. */
const CRITICAL = [
  0.675 - 0.245 - 0.105,
  1.281 + 0.25 - 0.305,
  1.645 + 0.678 - 0.362,
  1.96 + 1.149 - 0.391,
  2.326 + 1.822 - 0.396,
  2.573 + 2.364 - 0.345,
  3.085 + 3.615 - 0.154,
];
/** Least squares: ln p = c₀ + c₁ A + c₂ A². */
const PARABOLA = solve(
  new Matrix(CRITICAL.map((a) => [1, a, a * a])),
  Matrix.columnVector(LEVELS.map(Math.log)),
).to1DArray();

/** @throws SiskinError `data_invalid` for fewer than four values, or two that differ. */
export function andersonDarling({ reference, current, m, n }: Pooled): number {
  if (reference.length < 2) {
    throw new SiskinError('data_invalid', 'anderson needs values that vary: all are the same');
  }
  if (m + n < 4) throw new SiskinError('data_invalid', 'anderson needs four values on both sides');
  const a = standardised(statisticOf(reference, current, m, n), m, n);
  if (a < CRITICAL[0]!) return LEVELS[0]!;
  if (a > CRITICAL.at(-1)!) return LEVELS.at(-1)!;
  return Math.exp(PARABOLA[0]! + PARABOLA[1]! * a + PARABOLA[2]! * a * a);
}

/** A² for samples with ties, equation 7 of the paper. */
function statisticOf(reference: Float64Array, current: Float64Array, m: number, n: number): number {
  const size = m + n;
  let [before, beforeReference, total] = [0, 0, 0];
  for (let i = 0; i < reference.length; i++) {
    const both = reference[i]! + current[i]!;
    const rank = before + both / 2;
    // The other sample's deviation is this one's with the sign turned.
    const deviation = size * (beforeReference + reference[i]! / 2) - rank * m;
    const spread = rank * (size - rank) - (size * both) / 4;
    total += ((both / size) * deviation ** 2) / spread;
    before += both;
    beforeReference += reference[i]!;
  }
  return total * (1 / m + 1 / n) * ((size - 1) / size);
}

/** Less its mean 1, over its standard deviation: equation 4 of the paper with k = 2. */
function standardised(statistic: number, m: number, n: number): number {
  const size = m + n;
  const inverse = 1 / m + 1 / n;
  let [h, g] = [0, 0];
  for (let i = 1; i < size; i++) h += 1 / i;
  let inner = 0;
  for (let i = 1; i <= size - 2; i++) {
    inner += 1 / (size - i);
    g += inner / (i + 1);
  }
  const a = 4 * g - 6 + (10 - 6 * g) * inverse;
  const b = 4 * (2 * g - 4) + 16 * h + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6;
  const c = 4 * (6 * h + 2 * g - 2) + 2 * (4 * h - 4 * g + 6) + (2 * h - 6) * inverse + 4 * h;
  const d = 4 * (2 * h + 6) - 8 * h;
  const variance =
    (a * size ** 3 + b * size ** 2 + c * size + d) / ((size - 1) * (size - 2) * (size - 3));
  return (statistic - 1) / Math.sqrt(variance);
}
