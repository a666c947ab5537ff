/** The worker's entry: exposes an engine to the page that spawned it. */
import { expose, transfer } from 'comlink';
import type { EngineApi, PredictionData, Reply } from './api.ts';
import { Engine } from './engine.ts';

/** Buffers of an answer, moved to the page instead of copied. */
function buffersOf({ output, tensors }: PredictionData): ArrayBuffer[] {
  const buffers = new Set<ArrayBufferLike>(
    Object.values(tensors).map((tensor) => tensor.data.buffer),
  );
  if (typeof output === 'object' && output !== null)
    buffers.add(ArrayBuffer.isView(output) ? output.buffer : output.data.buffer);
  return [...buffers].filter((buffer) => buffer instanceof ArrayBuffer);
}

const engine = new Engine();

const api: EngineApi = {
  start: (config, onEvent) => engine.start(config, onEvent),
  load: (call, model, onProgress) => engine.load(call, model, onProgress),
  async predict(call, model, input): Promise<Reply<PredictionData>> {
    const reply = await engine.predict(call, model, input);
    return reply.ok ? transfer(reply, buffersOf(reply.value)) : reply;
  },
  shadow: (call, model, input) => engine.shadow(call, model, input),
  cancel: (call) => engine.cancel(call),
  feedback: (prediction, signal, label) => engine.feedback(prediction, signal, label),
  outcome: (prediction, label) => engine.outcome(prediction, label),
  stage: (model, stage, ms, failed) => engine.stage(model, stage, ms, failed),
  flush: (closing) => engine.flush(closing),
  setConsent: (consent) => engine.setConsent(consent),
  inspect: () => engine.inspect(),
  close: () => engine.close(),
};

// `expose` listens by addEventListener. Assigning `self.onmessage` would break onnxruntime's
// threads, which run this very file again.
expose(api);
