/**
 * Reference profiles, for those who train and publish models: rows of reference data go through the
 * same extractors, the same reading of the answer and the same counters as on a device.
 */
import type { ModelSpec, ReferenceProfile } from '@siskin/protocol';
import type { Input } from './api.ts';
import { type Answer, createReader } from './decision/answer.ts';
import { createExtractor } from './extractors/extractor.ts';
import { observeOutput } from './profiler/observe.ts';
import { ReferenceRecorder } from './profiler/reference.ts';
import type { Session } from './runtimes/runtime.ts';

export type { Input } from './api.ts';
export { type Answer, createReader } from './decision/answer.ts';
export { createExtractor } from './extractors/extractor.ts';
export type { FeatureSink } from './features.ts';
export type { Session } from './runtimes/runtime.ts';

/** Features that nobody counts, where only the tensors are wanted. */
export const NO_SINK = { number() {}, category() {} };

/**
 * Answers every row and profiles rows and answers.
 * @param about.source what the rows are, for a person: data set, split, seed.
 * @param about.metrics figures of these rows, from their answers.
 * @throws SiskinError `input_invalid` for a row that the spec does not take, `prediction_failed` for
 *   an answer that it does not describe, `profile_invalid` if there is no row.
 */
export async function profileOf(
  spec: ModelSpec,
  session: Pick<Session, 'inputs' | 'outputs' | 'run'>,
  rows: Iterable<Input>,
  about: { source: string; metrics?: (answers: readonly Answer[]) => Record<string, number> },
): Promise<ReferenceProfile> {
  const recorder = new ReferenceRecorder(spec);
  const extract = createExtractor(
    spec,
    session.inputs.map((input) => input.name),
  );
  const read = createReader(spec, session.outputs);
  const answers: Answer[] = [];
  for (const row of rows) {
    const answer = read(await session.run(extract(row, recorder)));
    observeOutput(recorder, answer);
    answers.push(answer);
  }
  return recorder.profile({
    source: about.source,
    n: answers.length,
    metrics: about.metrics?.(answers) ?? {},
  });
}
