/**
 * Reference profiles, for those who train and publish models: rows of reference data go through the
 * same extractors, the same reading of the answer and the same counters as on a device.
 */
import { type ModelSpec, type ReferenceProfile, SERIES } from '@siskin/protocol';
import type { Input } from './api.ts';
import { type Answer, createReader } from './decision/answer.ts';
import { createExtractor } from './extractors/extractor.ts';
import type { FeatureSink } from './features.ts';
import { observeOutput } from './profiler/observe.ts';
import { ReferenceRecorder } from './profiler/reference.ts';
import type { Session } from './runtimes/runtime.ts';

export type { Input } from './api.ts';
export type { Answer } from './decision/answer.ts';
export { createExtractor } from './extractors/extractor.ts';
export { type FeatureSink, Recorder } from './features.ts';
export { Counter } from './profiler/counter.ts';

/** Features that nobody counts, where only the tensors are wanted. */
export const NO_SINK: FeatureSink = { number() {}, category() {} };

/** What a graph is to those who only run it. */
export type Graph = Pick<Session, 'inputs' | 'outputs' | 'run'>;

/**
 * Answers every row, one after the other, as a device would.
 * @param sink takes the rows' features, and the answers' too.
 * @throws SiskinError `input_invalid` for a row that the spec does not take, `prediction_failed` for
 *   an answer that it does not describe.
 */
export async function answersOf(
  spec: ModelSpec,
  graph: Graph,
  rows: Iterable<Input>,
  sink: FeatureSink = NO_SINK,
): Promise<Answer[]> {
  const extract = await createExtractor(
    spec,
    graph.inputs.map((input) => input.name),
  );
  const read = createReader(spec, graph.outputs);
  const answers: Answer[] = [];
  for (const row of rows) {
    const answer = read(await graph.run(extract(row, sink)));
    observeOutput(sink, answer);
    answers.push(answer);
  }
  return answers;
}

/**
 * The profile of reference rows and of the model's answers to them.
 * @param about.source what the rows are, for a person: data set, split, seed.
 * @param about.metrics held-out figures, where the publisher has some.
 * @param truths of a regression: by row, the true value; `null` where it is not known or the model has
 *   learnt it. The residuals of outcomes in the field are compared with those.
 * @throws SiskinError as {@link answersOf}, and `profile_invalid` if there is no row.
 */
export async function profileOf(
  spec: ModelSpec,
  graph: Graph,
  rows: Iterable<Input>,
  about: { source: string; metrics?: Record<string, number> },
  truths: readonly (number | null)[] = [],
): Promise<ReferenceProfile> {
  const recorder = new ReferenceRecorder(spec);
  const answers = await answersOf(spec, graph, rows, recorder);
  for (const [i, { value }] of answers.entries()) {
    const truth = truths[i] ?? null;
    if (truth !== null && value !== null) recorder.number(SERIES.residual, truth - value);
  }
  return recorder.profile({ ...about, n: answers.length });
}
