/**
 * One column of two files, row by row and missing cells included: the peers disagree on what they
 * drop, and NannyML's chunks are runs of rows. The files may have different numbers of rows.
 */
export type Column = NumericColumn | CategoricalColumn;

export interface NumericColumn {
  name: string;
  kind: 'numeric';
  /** NaN where a cell is missing; ±Infinity where the file says so. */
  reference: Float64Array;
  current: Float64Array;
}

export interface CategoricalColumn {
  name: string;
  kind: 'categorical';
  /** What the codes stand for, ascending: numbers if all cells of both files are numbers. */
  categories: readonly Category[];
  /** Places in `categories`; −1 where a cell is missing. */
  reference: Int32Array;
  current: Int32Array;
}

export type Category = string | number;
export type Kind = Column['kind'];

/** What one test says of one column. All numbers are finite. */
export interface TestResult {
  /** The p-value of a hypothesis test, the distance of a distance. */
  score: number;
  /** null where it is not the score that is judged. */
  threshold: number | null;
  drifted: boolean;
  /** Where the test has one. */
  pValue?: number;
}

/** What is said instead where a test is not defined: why, and what would help. */
export interface TestError {
  error: string;
}
