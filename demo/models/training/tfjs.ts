/** TensorFlow.js models: as files, and as a graph that the device's code can ask. */
import type { Graph } from '@siskin/worker/reference';
import type * as tf from '@tensorflow/tfjs';

export interface ModelFiles {
  /** The text of model.json; refers to `weights.bin` beside it. */
  json: string;
  weights: Uint8Array;
}

/** The layers-model format, https://www.tensorflow.org/js/guide/save_load. */
export async function toFiles(t: typeof tf, model: tf.LayersModel): Promise<ModelFiles> {
  let files: ModelFiles | undefined;
  const save = t.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
    const manifest = {
      format: 'layers-model',
      generatedBy: `TensorFlow.js ${t.version.tfjs}`,
      convertedBy: null,
      modelTopology,
      weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
    };
    const weights = new Uint8Array(t.io.concatenateArrayBuffers([weightData!].flat()));
    files = { json: JSON.stringify(manifest), weights };
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
  });
  await model.save(save);
  return files!;
}

/** One float input, one float output, by their layers' names. */
export function graphOf(t: typeof tf, model: tf.LayersModel): Graph {
  const input = model.inputNames[0]!;
  const output = model.outputNames[0]!;
  return {
    inputs: [{ name: input, type: 'float32', shape: model.inputs[0]!.shape }],
    outputs: [output],
    async run(tensors) {
      const { data, dims } = tensors[input]!;
      const answer = t.tidy(
        () => model.predict(t.tensor(data as Float32Array, [...dims], 'float32')) as tf.Tensor,
      );
      const result = { dims: answer.shape, data: answer.dataSync().slice() as Float32Array };
      answer.dispose();
      return { [output]: { type: 'float32', ...result } };
    },
  };
}
