/** The bare limit: the same model behind comlink and onnxruntime-web, and nothing else. */
import { expose, transfer } from 'comlink';
import * as ort from 'onnxruntime-web/wasm';

let session: ort.InferenceSession;

const bare = {
  async load(model: ArrayBuffer): Promise<void> {
    ort.env.wasm.numThreads = 1;
    session = await ort.InferenceSession.create(model, { executionProviders: ['wasm'] });
  },
  async run(inputs: Record<string, { type: string; data: unknown; dims: readonly number[] }>) {
    const feeds: Record<string, ort.Tensor> = {};
    for (const [name, { type, data, dims }] of Object.entries(inputs)) {
      feeds[name] = new ort.Tensor(type as 'float32', data as Float32Array, dims);
    }
    const outputs = await session.run(feeds);
    const answer: Record<string, { data: unknown; dims: readonly number[] }> = {};
    const buffers: Transferable[] = [];
    for (const [name, tensor] of Object.entries(outputs)) {
      const data = (tensor.data as Float32Array).slice();
      answer[name] = { data, dims: tensor.dims };
      buffers.push(data.buffer);
      tensor.dispose();
    }
    return transfer(answer, buffers);
  },
};

export type Bare = typeof bare;
expose(bare);
