/** Training in seeded order: TensorFlow.js itself shuffles with Math.random. */
import type * as tf from '@tensorflow/tfjs';
import { randomFrom, shuffled } from '../../data/random.ts';

export interface Fit {
  epochs: number;
  batch: number;
  /** Adam's step size at the start; it falls to 0 along half a cosine. */
  rate: number;
  loss: 'meanAbsoluteError' | 'categoricalCrossentropy';
  seed: number;
}

/** Trains in place. Rows of `xs` belong to rows of `ys`. */
export async function fit(
  t: typeof tf,
  model: tf.LayersModel,
  xs: tf.Tensor,
  ys: tf.Tensor,
  { epochs, batch, rate, loss, seed }: Fit,
): Promise<void> {
  const optimizer = t.train.adam(rate);
  model.compile({ optimizer, loss });
  const random = randomFrom(seed);
  const rows = Array.from({ length: xs.shape[0]! }, (_, row) => row);
  const steps = epochs * Math.ceil(rows.length / batch);
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = shuffled(rows, random);
    for (let start = 0; start < order.length; start += batch) {
      const learningRate = (rate * (1 + Math.cos((Math.PI * step++) / steps))) / 2;
      Object.assign(optimizer, { learningRate });
      const picked = t.tensor1d(order.slice(start, start + batch), 'int32');
      const [x, y] = [t.gather(xs, picked), t.gather(ys, picked)];
      await model.trainOnBatch(x, y);
      t.dispose([picked, x, y]);
    }
  }
  optimizer.dispose();
}
