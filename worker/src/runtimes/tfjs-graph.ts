/** A TensorFlow.js model of either format, read from memory. */
import { SiskinError, TENSOR_TYPES } from '@siskin/protocol';
import { io, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';
import type { ModelFiles, TensorInfo } from './runtime.ts';

export interface Graph {
  inputs: readonly TensorInfo[];
  outputs: readonly string[];
  /** Outputs in the order of `outputs`. */
  execute(inputs: NamedTensorMap): Promise<Tensor[]>;
  dispose(): void;
}

/**
 * @param main name of the model.json; weight files are named relative to it.
 * @throws SiskinError `model_corrupt` or `spec_invalid`, or what the library throws.
 */
export async function loadGraph(main: string, files: ModelFiles): Promise<Graph> {
  const json = JSON.parse(new TextDecoder().decode(files.get(main))) as io.ModelJSON;
  const artifacts = await io.getModelArtifactsForJSON(json, async (manifest) => [
    manifest.flatMap((group) => group.weights),
    manifest.flatMap((group) => group.paths.map((path) => shard(main, path, files))),
  ]);
  const handler = io.fromMemory(artifacts);
  // Converters before 2019 did not write the format: a GraphDef has nodes, a Keras model layers.
  const isGraph =
    json.format === undefined ? 'node' in json.modelTopology : json.format === 'graph-model';
  const graph = await (isGraph ? loadGraphModel(handler) : loadLayersModel(handler));
  // A GraphModel holds on to what it was read from: its weights would be in memory twice.
  delete artifacts.weightData;
  return graph;
}

function shard(main: string, path: string, files: ModelFiles): ArrayBuffer {
  const name = main.slice(0, main.lastIndexOf('/') + 1) + path;
  const bytes = files.get(name);
  if (bytes === undefined) {
    throw new SiskinError(
      'model_corrupt',
      `the model refers to "${name}", which is not among its files: name it in the spec's "files"`,
    );
  }
  const { buffer, byteOffset, byteLength } = bytes;
  return byteLength === buffer.byteLength
    ? buffer
    : buffer.slice(byteOffset, byteOffset + byteLength);
}

async function loadGraphModel(handler: io.IOHandler): Promise<Graph> {
  const { loadGraphModel } = await import('@tensorflow/tfjs-converter');
  const model = await loadGraphModel(handler);
  let inputs: TensorInfo[];
  try {
    inputs = model.inputs.map((input) => infoOf(input.name, input.dtype, input.shape));
  } catch (error) {
    model.dispose();
    throw error;
  }
  const outputs = model.outputs
    .filter(({ dtype }) => dtype === undefined || isSupported(dtype))
    .map((output) => output.name);
  // Which graphs need the asynchronous path is known to the library alone, and it says so.
  let dynamic = false;
  const execute = async (given: NamedTensorMap) => {
    if (!dynamic) {
      try {
        return listOf(model.execute(given, outputs));
      } catch (error) {
        if (!String(error).includes('executeAsync')) throw error;
        dynamic = true;
      }
    }
    return listOf(await model.executeAsync(given, outputs));
  };
  return { inputs, outputs, execute, dispose: () => model.dispose() };
}

async function loadLayersModel(handler: io.IOHandler): Promise<Graph> {
  const { loadLayersModel } = await import('@tensorflow/tfjs-layers');
  const model = await loadLayersModel(handler);
  const inputs = model.inputNames.map((name, i) =>
    infoOf(name, model.inputs[i]!.dtype, model.inputs[i]!.shape),
  );
  const execute = async (given: NamedTensorMap) => {
    return listOf(model.predictOnBatch(inputs.map(({ name }) => given[name]!)));
  };
  return { inputs, outputs: model.outputNames, execute, dispose: () => void model.dispose() };
}

/** The library answers with a list, or where there is one output with that alone. */
function listOf(results: Tensor | Tensor[]): Tensor[] {
  return Array.isArray(results) ? results : [results];
}

function isSupported(dtype: string): dtype is TensorInfo['type'] {
  return (TENSOR_TYPES as readonly string[]).includes(dtype);
}

function infoOf(
  name: string,
  dtype: string,
  shape: readonly (number | null)[] | undefined,
): TensorInfo {
  if (!isSupported(dtype)) {
    throw new SiskinError(
      'spec_invalid',
      `graph input "${name}" is a ${dtype}: export the model with inputs of float32, int32 or bool`,
    );
  }
  const dims = (shape ?? []).map((dim) => (dim === null || dim < 0 ? null : dim));
  return { name, type: dtype, shape: dims };
}
