/**
 * How far a row lies from what the reference's principal components can rebuild of it: one number
 * about all inputs together, after NannyML's data reconstruction with PCA. Loaded only for versions
 * that have components.
 */
import { categoryBinOf, type DataSeries, type Pca } from '@siskin/protocol';
import type { FeatureSink } from '../features.ts';

/**
 * ‖x − WᵀWx‖₂ for orthonormal components W and a standardised row x: 0 where the components say all
 * of the row, at most ‖x‖. With W = [[.6, .8]] the error of (1, 0) is .8.
 * @param row one element for each of the components' columns.
 */
export function reconstructionError(
  { components }: Pick<Pca, 'components'>,
  row: Float64Array,
): number {
  const rest = Float64Array.from(row);
  for (const component of components) {
    let along = 0;
    for (let i = 0; i < row.length; i++) along += component[i]! * row[i]!;
    for (let i = 0; i < row.length; i++) rest[i]! -= component[i]! * along;
  }
  // Not ‖x‖² − ‖Wx‖², which cancels where the components say nearly all.
  let squares = 0;
  for (let i = 0; i < rest.length; i++) squares += rest[i]! * rest[i]!;
  return Math.sqrt(squares);
}

interface Column {
  at: number;
  mean: number;
  scale: number;
  fill: number;
  /** Of a category. */
  shares: readonly number[] | undefined;
  categories: readonly string[];
}

/**
 * Picks the components' features out of one prediction's: shares in place of categories, what is
 * missing or not finite filled, all standardised.
 */
export class RowEncoder implements FeatureSink {
  readonly #columns = new Map<string, Column>();
  readonly #nothing: Float64Array;
  #row: Float64Array;

  /** @param series the version's, for the categories of its features. */
  constructor(pca: Pca, series: readonly DataSeries[]) {
    for (const [at, { series: name, mean, scale, fill, shares }] of pca.features.entries()) {
      const known = series.find((one) => one.name === name);
      const categories = known?.kind === 'category' ? known.categories : [];
      this.#columns.set(name, { at, mean, scale, fill, shares, categories });
    }
    this.#nothing = Float64Array.from(
      pca.features,
      ({ mean, scale, fill }) => (fill - mean) / scale,
    );
    this.#row = this.#nothing.slice();
  }

  number(name: string, value: number | null | undefined): void {
    const column = this.#columns.get(name);
    if (column === undefined || column.shares !== undefined) return;
    this.#put(column, value);
  }

  category(name: string, value: string | null | undefined): void {
    const column = this.#columns.get(name);
    if (column?.shares === undefined) return;
    this.#put(column, column.shares[categoryBinOf(value, column.categories)]);
  }

  /** The row, standardised; a feature that was not met is as if it were missing. Begins a new row. */
  take(): Float64Array {
    const row = this.#row;
    this.#row = this.#nothing.slice();
    return row;
  }

  #put({ at, mean, scale, fill }: Column, value: number | null | undefined): void {
    const usable = typeof value === 'number' && Number.isFinite(value) ? value : fill;
    this.#row[at] = (usable - mean) / scale;
  }
}
