/** What labels say of a version: the words that `concept/` finds and `reports/` renders. */

export const VERDICTS = [
  'no drift',
  'inputs explain it',
  'concept drift',
  'both',
  'not enough labels',
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** A difference with how sure it is. */
export interface Part {
  value: number;
  standardError: number;
  /** Two-sided, of Student's t with one degree of freedom less than there are groups. */
  p: number;
}

/** A performance figure against the reference's, and what the change is made of. */
export interface Decomposition {
  /** Labels that were compared, and telemetry groups that they came from. */
  labels: number;
  groups: number;
  /** The reference's own figure. */
  reference: number;
  /** Of the labelled predictions, by the reference. */
  estimated: number;
  realised: number;
  /** estimated − reference: what the shift of the inputs explains. */
  inputShift: Part;
  /** realised − estimated. */
  conceptShift: Part;
}

/** Performance without labels. */
export interface Estimate {
  /** Predictions that it is of. */
  n: number;
  value: number;
  /** Null where fewer than two groups of devices are there. */
  standardError: number | null;
}

export interface Band {
  /** Predicted values above this and up to that; null: without bound. */
  above: number | null;
  upTo: number | null;
  labels: number;
  /** Mean residual, in the label's unit; null without labels, or without enough in the reference. */
  mean: number | null;
  referenceMean: number | null;
}

export interface ClassBalance {
  label: string;
  share: number;
  reference: number;
  /** share − reference; null where fewer than two groups have labels. */
  shift: Part | null;
  moved: boolean;
}

export interface Balance {
  /** Of a classification, what is none of its classes last; null for numbers. */
  classes: ClassBalance[] | null;
  /** Of a number: median truth. */
  median: { now: number; reference: number } | null;
  moved: boolean;
}

export interface Consistency {
  /** Predictions of which a second truth was told. */
  checked: number;
  /** Share of them where it was another one. */
  disagreement: number;
}

/** Starts of the windows at which a change was told, ISO 8601. */
export interface Detections {
  /** Windows that have labels. */
  windows: number;
  pageHinkley: string[];
  ddm: { warnings: string[]; changes: string[] };
  adwin: string[];
}

export interface ConceptReport {
  /** `accuracy`: share of right answers. `residual`: mean size of truth − prediction, in its unit. */
  measure: 'accuracy' | 'residual';
  verdict: Verdict;
  labels: number;
  groups: number;
  reference: number | null;
  realised: number | null;
  /**
   * What the reference expects: of the labelled predictions, which is what the parts rest on, and of
   * all predictions, labelled or not. Labels may come of some predictions rather than of others.
   */
  estimated: { labelled: number | null; all: Estimate | null };
  inputShift: Part | null;
  conceptShift: Part | null;
  /** Of a regression: the mean residual, the reference's σ within bands, and the bands. */
  residuals: { bias: Decomposition; referenceSigma: number; bands: Band[] } | null;
  balance: Balance | null;
  consistency: Consistency | null;
  detectors: Detections | null;
}
