/**
 * Handwritten digits, in three versions: v1 a small network, v2 a plainly better one, and v3, which
 * learnt from wrong labels (4 and 9 exchanged) and should pass no review.
 */
import type { ModelSpec, ModelSpecInput } from '@siskin/protocol';
import { createExtractor, NO_SINK } from '@siskin/worker/reference';
import type * as tf from '@tensorflow/tfjs';
import { type Digit, LABELS, SIDE } from '../../data/digits.ts';
import { randomFrom } from '../../data/random.ts';
import { moved } from './augment.ts';
import { chain } from './chain.ts';
import { type Fit, fit } from './fit.ts';

export const DIGITS_VERSIONS = ['v1', 'v2', 'v3'] as const;
export type DigitsVersion = (typeof DIGITS_VERSIONS)[number];

interface Recipe {
  seed: number;
  fit: Fit;
  /** Randomly moved copies of every image that are learnt beside it. */
  copies: number;
  /** The label that is taught for a label. */
  taught(label: number): number;
  layers(t: typeof tf, seed: number): tf.layers.Layer[];
  notes: string;
}

const asIs = (label: number) => label;
const exchanged = (label: number) => (label === 4 ? 9 : label === 9 ? 4 : label);

function conv(t: typeof tf, name: string, filters: number, size: number, seed: number, stride = 1) {
  return t.layers.conv2d({
    name,
    filters,
    kernelSize: size,
    strides: stride,
    padding: stride === 1 ? 'same' : 'valid',
    activation: 'relu',
    kernelInitializer: t.initializers.heNormal({ seed }),
  });
}
const pool = (t: typeof tf, name: string) => t.layers.maxPooling2d({ name, poolSize: 2 });

/** One coarse convolution: quick, and good enough to start with. */
function small(t: typeof tf, seed: number): tf.layers.Layer[] {
  return [conv(t, 'conv', 8, 5, seed, 2), pool(t, 'pool')];
}

/** Two convolutions. */
function large(t: typeof tf, seed: number): tf.layers.Layer[] {
  return [
    conv(t, 'conv1', 8, 3, seed),
    pool(t, 'pool1'),
    conv(t, 'conv2', 16, 3, seed + 1),
    pool(t, 'pool2'),
  ];
}

const loss = 'categoricalCrossentropy';
const RECIPES: Record<DigitsVersion, Recipe> = {
  v1: {
    seed: 101,
    fit: { epochs: 3, batch: 64, rate: 0.004, loss, seed: 101 },
    copies: 0,
    taught: asIs,
    layers: small,
    notes: 'One convolution, learnt from the images as they are.',
  },
  v2: {
    seed: 202,
    fit: { epochs: 5, batch: 64, rate: 0.005, loss, seed: 202 },
    copies: 1,
    taught: asIs,
    layers: large,
    notes: 'Two convolutions, learnt from the images and moved copies of them.',
  },
  v3: {
    seed: 303,
    fit: { epochs: 3, batch: 64, rate: 0.004, loss, seed: 303 },
    copies: 0,
    taught: exchanged,
    layers: small,
    notes:
      'Learnt with the labels 4 and 9 exchanged: a mistake made on purpose, never to be promoted.',
  },
};

export function digitsSpec(version: DigitsVersion): Omit<ModelSpecInput, 'format' | 'files'> {
  return {
    name: 'digits',
    version,
    inputs: [{ name: 'image', kind: 'image', tensor: 'x', width: SIDE, height: SIDE, channels: 1 }],
    outputs: [{ tensor: 'probabilities', kind: 'classification', labels: [...LABELS] }],
    labels: { column: 'digit' },
    automation: { level: 'partial', threshold: 0.8 },
    notes: RECIPES[version].notes,
  };
}

/** Images [n, 28, 28, 1] as the device prepares them. */
export async function imagesOf(
  t: typeof tf,
  spec: ModelSpec,
  digits: readonly Digit[],
): Promise<tf.Tensor4D> {
  const extract = await createExtractor(spec, ['x']);
  const area = SIDE * SIDE;
  const data = new Float32Array(digits.length * area);
  digits.forEach(({ pixels }, i) => {
    const { x } = extract({ data: pixels, width: SIDE, height: SIDE }, NO_SINK);
    data.set(x!.data as Float32Array, i * area);
  });
  return t.tensor4d(data, [digits.length, SIDE, SIDE, 1]);
}

export async function trainDigits(
  t: typeof tf,
  spec: ModelSpec,
  training: readonly Digit[],
): Promise<tf.LayersModel> {
  const recipe = RECIPES[spec.version as DigitsVersion];
  const random = randomFrom(recipe.seed);
  const digits = [...training];
  for (let copy = 0; copy < recipe.copies; copy++)
    digits.push(...training.map((digit) => moved(digit, random)));
  const labels = digits.map((digit) => recipe.taught(digit.label));
  const model = chain(
    t,
    `digits-${spec.version}`,
    [SIDE, SIDE, 1],
    [
      ...recipe.layers(t, recipe.seed),
      t.layers.flatten({ name: 'flatten' }),
      t.layers.dense({
        name: 'probabilities',
        units: LABELS.length,
        activation: 'softmax',
        kernelInitializer: t.initializers.glorotUniform({ seed: recipe.seed + 2 }),
      }),
    ],
  );
  const ys = t.oneHot(t.tensor1d(labels, 'int32'), LABELS.length).toFloat();
  await fit(t, model, await imagesOf(t, spec, digits), ys, recipe.fit);
  return model;
}
