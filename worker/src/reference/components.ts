/**
 * Principal components of the reference's inputs, learnt as NannyML's data reconstruction does
 * (https://nannyml.readthedocs.io/en/stable/how_it_works/multivariate_drift.html): missing numbers
 * filled with the mean, categories by their share, everything standardised, and as many components as
 * keep 65 % of the variance.
 */
import { categoryBinOf, type DataSeries, type Pca, SERIES } from '@siskin/protocol';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { CategoryColumn, NumberColumn, type Sample } from './sample.ts';

/** Multiplications that the covariances may cost; beyond, evenly spaced rows are taken. */
const COST = 2e9;
const MAX_FEATURES = 1000;
const MAX_COMPONENTS = 100;

interface Encoded {
  feature: Pca['features'][number];
  values: Float64Array;
}

/**
 * @param keep share of the variance to keep, 0 … 1.
 * @returns undefined where fewer than two inputs vary, or more than a thousand do.
 */
export function learnComponents(
  series: readonly DataSeries[],
  sample: Sample,
  keep: number,
): Pca | undefined {
  const inputs = series.filter(({ name }) => name.startsWith(SERIES.input('')));
  if (inputs.length > MAX_FEATURES) return undefined;
  const step = Math.max(1, Math.ceil((sample.size * inputs.length ** 2) / COST));
  const rows = Math.ceil(sample.size / step);
  const encoded = inputs.flatMap((one): Encoded[] => {
    const found = encode(one, sample, rows, step);
    return found === undefined || !(found.feature.scale > 0) ? [] : [found];
  });
  if (encoded.length < 2) return undefined;
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariances(encoded), {
    assumeSymmetric: true,
  });
  const order = [...realEigenvalues.keys()].sort(
    (a, b) => realEigenvalues[b]! - realEigenvalues[a]!,
  );
  const total = realEigenvalues.reduce((sum, value) => sum + Math.max(value, 0), 0);
  const components: number[][] = [];
  let kept = 0;
  for (const at of order) {
    components.push(turned(eigenvectorMatrix.getColumn(at)).map(rounded));
    kept += realEigenvalues[at]!;
    // Strictly more, as scikit-learn's PCA(n_components=0.65) has it.
    if (kept > keep * total || components.length === MAX_COMPONENTS) break;
  }
  return { features: encoded.map(({ feature }) => feature), components };
}

function encode(
  series: DataSeries,
  sample: Sample,
  rows: number,
  step: number,
): Encoded | undefined {
  const column = sample.columns.get(series.name);
  const values = new Float64Array(rows);
  let shares: number[] | undefined;
  let fill: number;
  if (series.kind === 'numeric' && column instanceof NumberColumn) {
    fill = meanOf(column.known(sample.size).filter(Number.isFinite));
    for (let i = 0; i < rows; i++) {
      const value = column.at(i * step);
      values[i] = value !== null && Number.isFinite(value) ? value : fill;
    }
  } else if (series.kind === 'category' && column instanceof CategoryColumn) {
    const bins = column.values.map((value) => categoryBinOf(value, series.categories));
    const counts = new Array<number>(series.categories.length + 2).fill(0);
    for (const bin of bins) counts[bin]!++;
    const known = counts.map((count) => rounded(count / bins.length));
    for (let i = 0; i < rows; i++) values[i] = known[bins[i * step]!]!;
    shares = known;
    fill = meanOf(values);
  } else return undefined;
  const mean = meanOf(values);
  const scale = Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
  const feature = {
    series: series.name,
    mean: rounded(mean),
    scale: rounded(scale),
    fill: rounded(fill),
    ...(shares !== undefined && { shares }),
  };
  if (!Number.isFinite(mean) || !Number.isFinite(scale)) return undefined;
  // Standardised by what the device standardises with.
  return { feature, values: values.map((value) => (value - feature.mean) / feature.scale) };
}

function covariances(encoded: readonly Encoded[]): Matrix {
  const { length } = encoded[0]!.values;
  const matrix = Matrix.zeros(encoded.length, encoded.length);
  for (const [i, a] of encoded.entries()) {
    for (let j = i; j < encoded.length; j++) {
      const b = encoded[j]!;
      let sum = 0;
      for (let row = 0; row < length; row++) sum += a.values[row]! * b.values[row]!;
      matrix.set(i, j, sum / length);
      matrix.set(j, i, sum / length);
    }
  }
  return matrix;
}

/** An eigenvector may point either way; its largest element is to be positive. */
function turned(vector: readonly number[]): number[] {
  const largest = vector.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
  return largest < 0 ? vector.map((x) => -x) : [...vector];
}

/** Seven digits, as many as a float32 has: a manifest is downloaded. */
const rounded = (value: number): number => Number(value.toPrecision(7));

const meanOf = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return values.length === 0 ? 0 : sum / values.length;
};
