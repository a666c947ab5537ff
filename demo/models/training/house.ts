/**
 * House prices: a small multilayer perceptron on what a person can tell of a house. It answers the
 * logarithm of the price, so that an error is a share of the price.
 */
import type { ModelSpec, ModelSpecInput } from '@siskin/protocol';
import { createExtractor, NO_SINK } from '@siskin/worker/reference';
import type * as tf from '@tensorflow/tfjs';
import type { House, HouseInputs } from '../../data/houses.ts';
import { chain } from './chain.ts';
import { type Fit, fit } from './fit.ts';

const SEED = 11;
const FIT: Fit = { epochs: 60, batch: 32, rate: 0.005, loss: 'meanAbsoluteError', seed: SEED };
const WEIGHT_DECAY = 0.004;
/** A category that fewer training houses have is not learnt: it falls under "other". */
const LEAST_CATEGORY = 5;

const NUMERIC = [
  'living_area',
  'lot_area',
  'basement_area',
  'year_built',
  'bedrooms',
  'bathrooms',
  'garage_cars',
  'fireplaces',
] as const satisfies (keyof HouseInputs)[];
const CATEGORICAL = [
  'neighbourhood',
  'condition',
  'building',
  'central_air',
] as const satisfies (keyof HouseInputs)[];

/** Means, scales, fill values and categories, all from the training houses. */
export function houseSpec(training: readonly House[]): Omit<ModelSpecInput, 'format' | 'files'> {
  return {
    name: 'house',
    version: 'v1',
    inputs: [
      ...NUMERIC.map((name) => {
        const values = training.map((house) => house.inputs[name]).sort((a, b) => a - b);
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
        return {
          name,
          kind: 'numeric' as const,
          tensor: 'x',
          fill: values[values.length >> 1]!,
          mean: round(mean),
          scale: round(Math.sqrt(variance)),
        };
      }),
      ...CATEGORICAL.map((name) => {
        const counts = Map.groupBy(training, (house) => house.inputs[name]);
        const categories = [...counts]
          .filter(([, houses]) => houses.length >= LEAST_CATEGORY)
          .map(([category]) => category)
          .sort();
        return { name, kind: 'categorical' as const, tensor: 'x', categories };
      }),
    ],
    outputs: [{ tensor: 'log_price', kind: 'regression', transform: 'exp', unit: 'USD' }],
    labels: { column: 'price' },
    automation: { level: 'assist' },
  };
}

/** Four significant digits: a spec is read by people. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}

/**
 * The network learns the standardised logarithm; mean and σ are then folded into its last layer.
 * @param spec whose inputs end to end are the rows of "x".
 */
export async function trainHouse(
  t: typeof tf,
  spec: ModelSpec,
  training: readonly House[],
): Promise<tf.LayersModel> {
  const extract = await createExtractor(spec, ['x']);
  const rows = training.map((house) => Array.from(extract(house.inputs, NO_SINK).x!.data, Number));
  const logs = training.map((house) => Math.log(house.price));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const sigma = Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / logs.length);

  const dense = (name: string, units: number, seed: number, activation: 'relu' | 'linear') =>
    t.layers.dense({
      name,
      units,
      activation,
      kernelInitializer: t.initializers.glorotUniform({ seed }),
      kernelRegularizer: t.regularizers.l2({ l2: WEIGHT_DECAY }),
    });
  const model = chain(
    t,
    'house',
    [rows[0]!.length],
    [
      dense('hidden', 16, SEED + 1, 'relu'),
      dense('narrow', 8, SEED + 2, 'relu'),
      dense('log_price', 1, SEED + 3, 'linear'),
    ],
  );
  const targets = logs.map((log) => [(log - mean) / sigma]);
  await fit(t, model, t.tensor2d(rows), t.tensor2d(targets), FIT);
  const last = model.getLayer('log_price');
  const [kernel, bias] = last.getWeights() as [tf.Tensor, tf.Tensor];
  last.setWeights([kernel.mul(sigma), bias.mul(sigma).add(mean)]);
  return model;
}
