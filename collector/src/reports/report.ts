/**
 * The report: everything a person or a pipeline is told about a model over a stretch of time. One
 * model of it, rendered as JSON, HTML and text. All figures come from counts.
 */
import type { Arm } from '@siskin/protocol';
import type { ConceptReport } from '../conceptReport.ts';

/** Values of a magnitude or a number, from its bins. */
export interface Spread {
  n: number;
  mean: number;
  p5: number;
  p50: number;
  p95: number;
  p99: number;
}

export interface ClassShare {
  label: string;
  count: number;
  share: number;
  /** Share in the reference profile, where it has one. */
  reference: number | null;
}

/** A share of all observations; p is one-sided, that it went up. */
export interface RateReport {
  share: number;
  reference: number;
  p: number;
}

/** One series against the version's reference profile. Null where there is nothing to compare. */
export interface FeatureReport {
  name: string;
  kind: 'numeric' | 'unit' | 'category';
  n: number;
  referenceN: number;
  /** Natural logarithm, Jeffreys' ½ on every count; and less what noise alone adds. */
  psi: number | null;
  psiCorrected: number | null;
  /** Distance, natural logarithm. */
  jensenShannon: number | null;
  ks: number | null;
  /** In units of the reference's interquartile range, and of its standard deviation. */
  wasserstein: number | null;
  wassersteinSigma: number | null;
  chiSquare: { statistic: number; df: number; p: number } | null;
  bins: { label: string; reference: number; current: number }[];
  rates: { [name in 'missing' | 'invalid' | 'other' | 'below' | 'above']?: RateReport };
  /** As of the last window that had enough data. */
  state: 'ok' | 'watch' | 'drift' | 'not-enough-data';
  evidence: Evidence | null;
}

/** Why a series is in its state: of the last judged windows together. */
export interface Evidence {
  name: string;
  against: 'training' | 'recent' | 'seasonal';
  /** p-value of the series, and adjusted for all series of the window; null without enough data. */
  p: number | null;
  q: number | null;
  /** What was most significant: `smooth`, `category`, or the name of a rate. */
  by: string;
  /** Mean design effect, observations as independent ones would count, and how many are needed. */
  deff: number;
  effectiveN: number;
  neededN: number;
  /** Noise-corrected PSI, W1 in IQR, the largest rise of a rate; null where nothing is significant. */
  size: { psi: number; wasserstein: number; rate: number } | null;
  /** Size over the smallest that matters; 0 where it is not known. */
  severity: number;
  /** ISO 8601: first window of the alarm that is on. */
  since: string | null;
}

/** A stretch of windows in which a series was in alarm; `to` is the start of the last one. */
export interface EpisodeReport {
  series: string;
  against: Evidence['against'];
  from: string;
  to: string;
}

export interface VersionReport {
  version: string;
  arm: Arm;
  /** Calls by what became of them. */
  predictions: { counted: number; failed: number } & Record<string, number>;
  classes: ClassShare[] | null;
  value: Spread | null;
  confidence: Spread | null;
  /** Milliseconds. */
  latency: Spread | null;
  load: Spread | null;
  /** Counts by name; what was never counted is left out. */
  backends: Record<string, number>;
  fallbacks: Record<string, number>;
  errors: Record<string, number>;
  answers: Record<string, number>;
  decisions: Record<string, number>;
  signals: Record<string, number>;
  /** Share of input values that were missing. */
  missing: number | null;
  /** Predictions whose truth became known, and the share of them that was right. */
  outcomes: { n: number; accuracy: number } | null;
  /** Labels against the reference's; null where the reference knows no truths. */
  concept: ConceptReport | null;
  features: FeatureReport[];
  /** Alarms of the report's time, those that are over included. */
  episodes: EpisodeReport[];
  /** One is on. */
  alarm: boolean;
}

export interface Report {
  v: 1;
  app: string;
  model: string;
  /** ISO 8601. Windows that start at or after `since` and before `until`. */
  generated: string;
  since: string;
  until: string;
  champion: string;
  canary: { version: string; share: number } | null;
  /** Sequence of the deployment that is live. */
  sequence: number;
  /** Champion first. Versions without counts are left out. */
  versions: VersionReport[];
  alarm: boolean;
}
