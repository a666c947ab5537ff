/** One prediction: input → extractor → runtime → decision → counts → back to the page. */
import { type Catalogue, messageOf, SERIES, SiskinError, type Tensors } from '@siskin/protocol';
import type { Input, PredictionData } from './api.ts';
import type { Answer } from './decision/answer.ts';
import { decide } from './decision/decide.ts';
import { Recorder } from './features.ts';
import { pathOf } from './path.ts';
import type { CounterKey } from './profiler/counter.ts';
import { observeFailure, observePrediction } from './profiler/observe.ts';
import type { Live } from './serving/live.ts';
import type { Telemetry } from './telemetry.ts';

/** What feedback and late labels are joined to; it stays on the device. */
export interface Predicted {
  assignment: CounterKey;
  catalogue: Catalogue;
  label: string | null;
  confidence: number | null;
  value: number | null;
}

/** @throws SiskinError `input_invalid` or `prediction_failed`; either is counted. */
export async function predict(
  id: string,
  live: Live,
  input: Input,
  telemetry: Telemetry,
  asked: number,
): Promise<{ data: PredictionData; predicted: Predicted }> {
  const { assignment, catalogue, session } = live;
  const began = performance.now();
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
    const decision = decide(live.version.spec.automation, answer);
    const total = performance.now() - asked;
    if (telemetry.admit(assignment, catalogue)) {
      const counter = telemetry.counter(assignment, catalogue);
      features.replay(counter);
      if (reconstruct !== undefined) counter.number(SERIES.reconstruction, reconstruct(features));
      observePrediction(counter, answer, decision, session.backend, total);
      telemetry.settle();
    }
    const { label, confidence, output, value } = answer;
    return {
      predicted: { assignment, catalogue, label, confidence, value },
      data: {
        id,
        output,
        tensors: outputs,
        label,
        confidence,
        decision,
        model: assignment.model,
        version: assignment.version,
        arm: assignment.arm,
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
