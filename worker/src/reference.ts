/**
 * For those who train and publish models: answers and reference profiles, made by the device's own
 * extractors, runtimes, readers and counters.
 */
import type { Backend, ModelSpec } from '@siskin/protocol';
import type { Input } from './api.ts';
import { type Answer, createReader } from './decision/answer.ts';
import { createExtractor } from './extractors/extractor.ts';
import type { FeatureSink } from './features.ts';
import { checkGraph } from './models/check-graph.ts';
import { observeOutput } from './profiler/observe.ts';
import type { Graph } from './profiling.ts';
import { choose } from './runtimes/choose.ts';
import type { ModelFiles, Session } from './runtimes/runtime.ts';

export type { Input, InputValue } from './api.ts';
export { type Answer, createReader } from './decision/answer.ts';
export { createExtractor } from './extractors/extractor.ts';
export { type FeatureSink, Recorder } from './features.ts';
export { readSelfTest, runSelfTest } from './models/self-test.ts';
export { Counter } from './profiler/counter.ts';
export { observeOutcome } from './profiler/observe.ts';
export {
  type Graph,
  type Profiled,
  type ProfileOptions,
  profileOf,
  type ReferenceRow,
  type Rows,
} from './profiling.ts';
export { type Candidate, selfTestOf } from './reference/golden.ts';
export { randomFrom } from './reference/reservoir.ts';
export type { ModelFiles, Session } from './runtimes/runtime.ts';

/** Features that nobody counts, where only the tensors are wanted. */
export const NO_SINK: FeatureSink = { number() {}, category() {} };

/** Those that need no GPU, most wanted first; ONNX has the first one only. */
export const CPU_BACKENDS: Record<ModelSpec['format'], readonly Backend[]> = {
  onnx: ['wasm'],
  tfjs: ['wasm', 'cpu'],
};

/**
 * Opens a model without a GPU, in Node too.
 * @param backend one of the format's {@link CPU_BACKENDS}.
 * @throws SiskinError `model_corrupt`, `runtime_failed`, or `spec_invalid` where spec and graph differ.
 */
export async function openGraph(
  spec: ModelSpec,
  files: ModelFiles,
  backend = CPU_BACKENDS[spec.format][0]!,
): Promise<Session> {
  const { candidates } = await choose(spec.format, {
    backends: [backend],
    allowSoftwareGpu: false,
    gpu: undefined,
  });
  const session = await (await candidates[0]!.import()).create(spec, files);
  try {
    checkGraph(spec, session);
    return session;
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

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
