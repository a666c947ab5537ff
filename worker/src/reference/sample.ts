/** Features of the rows that a reference is learnt from, by series, aligned by row. */
import type { FeatureSink } from '../features.ts';
import { Reservoir } from './reservoir.ts';

/** With so many rows the rank of a quantile is known to a twentieth of a per cent. */
const ROWS = 2 ** 20;
/** Of all series together: half a GiB. */
const CELLS = 2 ** 26;

export class NumberColumn {
  values = new Float64Array(1024);
  /** 1 where a value is missing. */
  missing = new Uint8Array(1024);

  set(row: number, value: number | null | undefined): void {
    if (row >= this.values.length) {
      const length = 2 * row;
      const [values, missing] = [new Float64Array(length), new Uint8Array(length)];
      values.set(this.values);
      missing.set(this.missing);
      this.values = values;
      this.missing = missing;
    }
    this.values[row] = value ?? 0;
    this.missing[row] = value === null || value === undefined ? 1 : 0;
  }

  /** null: missing. */
  at(row: number): number | null {
    return this.missing[row] === 1 ? null : this.values[row]!;
  }

  /** The values of the first `rows` rows, without those that are missing. */
  known(rows: number): Float64Array {
    const known = new Float64Array(rows);
    let n = 0;
    for (let row = 0; row < rows; row++) {
      if (this.missing[row] === 0) known[n++] = this.values[row]!;
    }
    return known.subarray(0, n);
  }
}

export class CategoryColumn {
  readonly values: (string | null)[] = [];

  set(row: number, value: string | null | undefined): void {
    this.values[row] = value ?? null;
  }
}

export type SampleColumn = NumberColumn | CategoryColumn;

/** Every row must name the same series. */
export class Sample implements FeatureSink {
  /** In the order in which they were first met: inputs as in the spec, then outputs. */
  readonly columns = new Map<string, SampleColumn>();
  readonly #reservoir: Reservoir;
  #row = 0;

  /** @param rows to keep at most. @param random uniform on [0, 1). */
  constructor(random: () => number, rows = ROWS) {
    this.#reservoir = new Reservoir(rows, random);
  }

  /** Rows that came, and rows that are kept. */
  get seen(): number {
    return this.#reservoir.seen;
  }
  get size(): number {
    return this.#reservoir.size;
  }
  /** Whether every row is kept, in order. */
  get whole(): boolean {
    return this.#reservoir.whole;
  }

  /** Begins the next row. @returns its place, or undefined if it is not kept: feed nothing then. */
  next(): number | undefined {
    if (this.whole && this.size * this.columns.size >= CELLS) this.#reservoir.close();
    const row = this.#reservoir.next();
    this.#row = row ?? this.#row;
    return row;
  }

  number(name: string, value: number | null | undefined): void {
    let column = this.columns.get(name);
    if (column === undefined) {
      column = new NumberColumn();
      this.columns.set(name, column);
    }
    if (column instanceof NumberColumn) column.set(this.#row, value);
  }

  category(name: string, value: string | null | undefined): void {
    let column = this.columns.get(name);
    if (column === undefined) {
      column = new CategoryColumn();
      this.columns.set(name, column);
    }
    if (column instanceof CategoryColumn) column.set(this.#row, value);
  }

  /** The features of a row that is kept. */
  replay(row: number, sink: FeatureSink): void {
    for (const [name, column] of this.columns) {
      if (column instanceof NumberColumn) sink.number(name, column.at(row));
      else sink.category(name, column.values[row]);
    }
  }
}
