/** A file of rows, whatever its format: read in order, a batch at a time, never all at once. */

/**
 * One value as the file holds it: a text in CSV; text, number, boolean, list or object elsewhere.
 * `null` where there is none: an empty cell, a missing member, a null.
 */
export type Cell = unknown;

export interface Row {
  /** By column, in the order of {@link Table.columns}. */
  cells: readonly Cell[];
  /** Line of the file that the row ends at, from 1; in Parquet the row, from 1. */
  line: number;
}

export interface Table {
  /** As the user named it. */
  path: string;
  columns: readonly string[];
  /** Bytes of the file. */
  size: number;
  /** What `line` counts, for messages. */
  unit: 'line' | 'row';
  /** Every cell is a text, whatever it stands for. */
  texts: boolean;
  /**
   * From the first row on; every call starts anew.
   * @param onBytes told how far into the file the reading is.
   * @throws SiskinError `data_invalid` naming file, line and remedy.
   */
  rows(onBytes?: (bytes: number) => void): AsyncIterable<Row[]>;
}
