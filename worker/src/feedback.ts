/** What people say about answers, joined to them. Loaded when somebody says something. */
import { type Signal, SiskinError } from '@siskin/protocol';
import type { Decision, Decisions } from './labels/decisions.ts';
import { observeConsistency, observeOutcome, observeSignal } from './profiler/observe.ts';
import type { Serving } from './serving.ts';
import type { Telemetry } from './telemetry.ts';

export interface FeedbackParts {
  serving: Pick<Serving, 'catalogue' | 'rollouts'>;
  telemetry: Pick<Telemetry, 'counter'>;
  decisions: Decisions;
}

/** What a person did with an answer. @throws SiskinError `prediction_unknown`. */
export async function feedback(
  parts: FeedbackParts,
  prediction: string,
  signal: Signal,
  label: string | undefined,
): Promise<void> {
  const decision = await find(parts, prediction);
  if (decision === null) return;
  const { assignment, catalogue } = decision;
  observeSignal(parts.telemetry.counter(assignment, catalogue), signal);
  // Who corrects an answer tells the truth by it; who accepts one confirms it.
  const truth = label ?? (signal === 'accept' ? decision.label : null);
  if (truth !== null) await join(parts, prediction, decision, truth);
  // Code for rollouts that does not come costs a count.
  const trial = await parts.serving.rollouts(assignment.model).catch(() => undefined);
  await trial?.rollouts.signalled(trial.model, decision, signal);
}

/** What turned out to be true. @throws SiskinError `prediction_unknown`, `input_invalid`. */
export async function outcome(
  parts: FeedbackParts,
  prediction: string,
  truth: string | number,
): Promise<void> {
  const decision = await find(parts, prediction);
  if (decision === null) return;
  if (decision.value !== null && typeof truth !== 'number') {
    throw new SiskinError(
      'input_invalid',
      `the outcome of a prediction of model "${decision.assignment.model}" is a number: pass it as one`,
    );
  }
  await join(parts, prediction, decision, truth);
}

/** @returns null without consent: nothing is kept then, and nothing counted. */
async function find({ serving, decisions }: FeedbackParts, id: string): Promise<Decision | null> {
  const decision = await decisions.find(id);
  if (decision === undefined) {
    throw new SiskinError(
      'prediction_unknown',
      `prediction "${id}" is not known on this device: it is older than the model's labels.keepDays, or from elsewhere`,
    );
  }
  if (decision === null) return null;
  // Of an earlier visit's decision only some series were kept, and a window has one catalogue for each.
  const { model, version } = decision.assignment;
  return { ...decision, catalogue: serving.catalogue(model, version) ?? decision.catalogue };
}

/** A prediction has one truth: counts cannot be taken back, so the first that is told is kept. */
async function join(
  { telemetry, decisions }: FeedbackParts,
  id: string,
  decision: Decision,
  truth: string | number,
): Promise<void> {
  const told = await decisions.tell(id, truth);
  const counter = telemetry.counter(decision.assignment, decision.catalogue);
  if (told.truth === undefined) observeOutcome(counter, decision, truth);
  else if (told.checked !== true) observeConsistency(counter, told.truth, truth);
}
