/**
 * One column of two files, its missing cells removed. Lengths may differ; the order of rows is kept,
 * because NannyML's chunks are runs of rows.
 */
export type Column =
  | { name: string; kind: 'numeric'; reference: Float64Array; current: Float64Array }
  | { name: string; kind: 'categorical'; reference: Category[]; current: Category[] };

export type Category = string | number;

/** What one test says of one column. Scores and p-values are finite: what has none is an error. */
export interface TestResult {
  /** The p-value of a hypothesis test, the distance of a distance. */
  score: number;
  threshold: number;
  drifted: boolean;
  pValue?: number;
}
