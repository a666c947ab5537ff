/** Layers one after the other, as a functional model: a sequential one forgets its input's name when saved. */
import type * as tf from '@tensorflow/tfjs';

/** @param shape of one row of the input, which is named "x". */
export function chain(
  t: typeof tf,
  name: string,
  shape: number[],
  layers: readonly tf.layers.Layer[],
): tf.LayersModel {
  const input = t.input({ shape, name: 'x' });
  const output = layers.reduce(
    (at, layer) => layer.apply(at) as tf.SymbolicTensor,
    input as tf.SymbolicTensor,
  );
  return t.model({ name, inputs: input, outputs: output });
}
