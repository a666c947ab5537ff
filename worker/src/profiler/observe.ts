/** What is counted of one prediction, and of what people say about it later. */
import {
  type Account,
  type Backend,
  type BatchEntry,
  type Decision,
  type ErrorCode,
  type Fallback,
  SERIES,
  type Signal,
  totalOf,
  unitBinOf,
} from '@siskin/protocol';
import type { FeatureSink } from '../features.ts';
import type { Counter } from './counter.ts';

export interface Observed {
  label: string | null;
  confidence: number | null;
  margin: number | null;
  entropy: number | null;
  value: number | null;
  empty: boolean;
}

/** The outputs: also what a reference profile is made of. */
export function observeOutput(sink: FeatureSink, answer: Observed): void {
  const empty = answer.empty;
  sink.category(SERIES.label, empty ? null : answer.label);
  sink.number(SERIES.confidence, empty ? null : answer.confidence);
  sink.number(SERIES.margin, empty ? null : answer.margin);
  sink.number(SERIES.entropy, empty ? null : answer.entropy);
  sink.number(SERIES.value, empty ? null : answer.value);
}

export function observePrediction(
  counter: Counter,
  answer: Observed,
  decision: Decision,
  backend: Backend,
  latencyMs: number,
): void {
  counter.category(SERIES.predictions, 'counted');
  observeOutput(counter, answer);
  counter.category(SERIES.answer, answer.empty ? 'empty' : 'given');
  counter.category(SERIES.decision, decision);
  counter.category(SERIES.backend, backend);
  counter.number(SERIES.latency, latencyMs);
}

/** A prediction that failed. */
export function observeFailure(counter: Counter, code: ErrorCode): void {
  counter.category(SERIES.predictions, 'failed');
  observeError(counter, code);
}

/** An error that was no prediction's, such as a version that could not be loaded. */
export function observeError(counter: Counter, code: ErrorCode): void {
  counter.category(SERIES.error, code);
}

export function observeLoad(counter: Counter, ms: number, fallback: Fallback | undefined): void {
  counter.number(SERIES.load, ms);
  if (fallback !== undefined) counter.category(SERIES.fallback, fallback);
}

export function observeSignal(counter: Counter, signal: Signal): void {
  counter.category(SERIES.signal, signal);
}

/** Joins a label that arrived late to the prediction it is about. */
export function observeOutcome(
  counter: Counter,
  prediction: Pick<Observed, 'label' | 'confidence' | 'value'>,
  truth: string | number,
): void {
  const { label, confidence, value } = prediction;
  if (value !== null && typeof truth === 'number') {
    counter.number(SERIES.truth, truth);
    counter.number(SERIES.residual, truth - value);
    counter.banded(SERIES.residualByValue, value, truth - value);
  }
  if (label !== null) {
    const right = label === String(truth);
    counter.category(SERIES.truth, String(truth));
    counter.pair(SERIES.confusion, String(truth), label);
    counter.pair(SERIES.reliability, unitBinOf(confidence), right ? 'right' : 'wrong');
  }
}

/** A second truth of one prediction, beside the first. */
export function observeConsistency(
  counter: Counter,
  first: string | number,
  second: string | number,
): void {
  counter.category(SERIES.consistency, String(first) === String(second) ? 'agree' : 'disagree');
}

export function observeStage(counter: Counter, stage: string, ms: number, failed: boolean): void {
  counter.number(SERIES.stage(stage), ms);
  counter.category(SERIES.stageResult(stage), failed ? 'failed' : 'done');
}

/** A prediction that is not counted in full, by reason. */
export function observeUncounted(
  counter: Counter,
  account: Exclude<Account, 'counted' | 'failed'>,
  times = 1,
): void {
  counter.add(SERIES.predictions, account, times);
}

/** How many predictions the counts of an entry stand for, however they were counted. */
export function predictionsIn(series: BatchEntry['series']): number {
  return totalOf(series[SERIES.predictions] ?? []);
}
