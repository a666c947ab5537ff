/** One prediction: input → extractor → runtime → decision → counts → back to the page. */
import {
  type Catalogue,
  type ModelSpec,
  messageOf,
  SERIES,
  SiskinError,
  type Tensors,
} from '@siskin/protocol';
import type { Input } from './api.ts';
import type { Answer } from './decision/answer.ts';
import { decide } from './decision/decide.ts';
import { Recorder } from './features.ts';
import { pathOf } from './path.ts';
import type { CounterKey } from './profiler/counter.ts';
import { observeFailure, observePrediction } from './profiler/observe.ts';
import { type Answered, isOff, type Live } from './serving/live.ts';
import type { Telemetry } from './telemetry.ts';

/** What feedback and late labels are joined to; it stays on the device. */
export interface Predicted {
  assignment: CounterKey;
  catalogue: Catalogue;
  label: string | null;
  confidence: number | null;
  value: number | null;
}

/** A prediction, and what is kept of it. */
export interface Prediction extends Answered {
  predicted: Predicted;
}

/**
 * @param automation how far the answer is trusted, if not as the model's is.
 * @throws SiskinError `input_invalid` or `prediction_failed`; either is counted.
 */
export async function predict(
  id: string,
  live: Live,
  input: Input,
  telemetry: Telemetry,
  asked: number,
  automation: ModelSpec['automation'] = live.automation,
): Promise<Prediction> {
  const { assignment, catalogue, session } = live;
  const began = performance.now();
  if (isOff(live)) return nothing(id, live, began - asked);
  try {
    const path = pathOf(live);
    // Prepared while the model was loaded: no prediction waits for it.
    const { extract, read, reconstruct } = path instanceof Promise ? await path : path;
    const features = new Recorder();
    const tensors = extract(input, features);
    const prepared = performance.now();
    const outputs = await run(live, tensors);
    const ran = performance.now();
    const answer: Answer = read(outputs);
    const decision = decide(automation, answer);
    const total = performance.now() - asked;
    if (telemetry.admit(assignment, catalogue)) {
      const counter = telemetry.counter(assignment, catalogue);
      features.replay(counter);
      if (reconstruct !== undefined) counter.number(SERIES.reconstruction, reconstruct(features));
      observePrediction(counter, answer, decision, session.backend, total);
      telemetry.settle();
    }
    const { label, confidence, output, value, empty } = answer;
    return {
      empty,
      predicted: { assignment, catalogue, label, confidence, value },
      data: {
        id,
        output,
        tensors: outputs,
        label,
        confidence,
        decision,
        ...aboutOf(assignment),
        backend: session.backend,
        timings: { queue: began - asked, prepare: prepared - began, run: ran - prepared, total },
      },
    };
  } catch (thrown) {
    const error = SiskinError.from(thrown, 'prediction_failed', messageOf(thrown));
    observeFailure(telemetry.counter(assignment, catalogue), error.code);
    throw error;
  }
}

/** The answer of a model that is switched off. It is no prediction, and not counted as one. */
function nothing(id: string, { assignment, catalogue, backend }: Live, waited: number): Prediction {
  return {
    empty: true,
    predicted: { assignment, catalogue, label: null, confidence: null, value: null },
    data: {
      id,
      output: null,
      tensors: {},
      label: null,
      confidence: null,
      decision: 'human',
      ...aboutOf(assignment),
      backend,
      timings: { queue: waited, prepare: 0, run: 0, total: waited },
    },
  };
}

function aboutOf({ model, version, arm }: CounterKey) {
  return { model, version, arm };
}

async function run(live: Live, tensors: Tensors): Promise<Tensors> {
  try {
    return await live.session.run(tensors);
  } catch (cause) {
    throw new SiskinError(
      'prediction_failed',
      `the model failed on ${live.backend}: ${messageOf(cause)}`,
      { cause },
    );
  }
}
