/** TensorFlow.js: its core, one backend and the loader of the model's format; from memory, never the network. */
import { type ModelSpec, messageOf, SiskinError, type Tensors } from '@siskin/protocol';
import * as tf from '@tensorflow/tfjs-core';
import { createQueue } from './queue.ts';
import type { ModelFiles, Runtime, RuntimeOptions, Session } from './runtime.ts';
import { type TfjsBackend, useBackend } from './tfjs-backend.ts';
import { type Graph, loadGraph } from './tfjs-graph.ts';

/** Shared by all models: the library has one active backend. */
const queue = createQueue();

export function createRuntime(backend: TfjsBackend, options: RuntimeOptions): Runtime {
  return {
    backend,
    create: (spec, files) =>
      queue(async () => {
        await useBackend(backend, options);
        return sessionOf(backend, options, await read(spec, files));
      }),
  };
}

async function read(spec: ModelSpec, files: ModelFiles): Promise<Graph> {
  try {
    return await loadGraph(spec.files[0]!, files);
  } catch (cause) {
    throw SiskinError.from(
      cause,
      'model_corrupt',
      `TensorFlow.js cannot read the model: ${messageOf(cause)}. Load it with release ${tf.version_core}, then publish it anew`,
    );
  }
}

function sessionOf(backend: TfjsBackend, options: RuntimeOptions, graph: Graph): Session {
  return {
    backend,
    inputs: graph.inputs,
    outputs: graph.outputs,
    run: (tensors) =>
      queue(async () => {
        await useBackend(backend, options);
        return run(graph, tensors);
      }),
    dispose: () => queue(async () => graph.dispose()),
  };
}

async function run(graph: Graph, tensors: Tensors): Promise<Tensors> {
  const given: tf.NamedTensorMap = {};
  let results: tf.Tensor[] = [];
  try {
    for (const name in tensors) {
      const { type, data, dims } = tensors[name]!;
      given[name] = tf.tensor(data as Float32Array, dims as number[], type as tf.NumericDataType);
    }
    results = await graph.execute(given);
    const answer: Tensors = {};
    for (const [i, result] of results.entries()) {
      const type = result.dtype as 'float32' | 'int32' | 'bool';
      answer[graph.outputs[i]!] = { type, dims: result.shape, data: await own(result) };
    }
    return answer;
  } finally {
    tf.dispose([results, given]);
  }
}

/** The WASM backend reads a copy out of its memory; the others hand out the buffer they cache. */
async function own(result: tf.Tensor): Promise<Float32Array | Int32Array | Uint8Array> {
  const data = await result.data<'float32' | 'int32' | 'bool'>();
  return tf.getBackend() === 'wasm' ? data : data.slice();
}
