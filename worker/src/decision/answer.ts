/** Graph outputs → the answer a person understands: label, confidence, value. */
import {
  type ModelSpec,
  type OutputSpec,
  SiskinError,
  type Tensor,
  type Tensors,
} from '@siskin/protocol';

export interface Answer {
  output: Float32Array | number | Tensor;
  label: string | null;
  /** Probability of the label, 0 … 1. */
  confidence: number | null;
  /** Classification only: confidence minus that of the runner-up; entropy as a share of its maximum. */
  margin: number | null;
  entropy: number | null;
  /** Regression only. */
  value: number | null;
  /** The graph answered nothing usable: NaN, infinity or no elements. */
  empty: boolean;
}

const NOTHING = {
  label: null,
  confidence: null,
  margin: null,
  entropy: null,
  value: null,
  empty: false,
};

/** @param graphOutputs names of the graph's outputs in its order; the spec may name the one that counts. */
export function createReader(
  spec: Pick<ModelSpec, 'name' | 'outputs'>,
  graphOutputs: readonly string[],
) {
  const primary = spec.outputs[0]!;
  const name = primary.tensor ?? graphOutputs[0]!;

  /** @throws SiskinError `prediction_failed` if the graph's output is not what the spec says. */
  return function read(tensors: Tensors): Answer {
    const tensor = tensors[name];
    if (tensor === undefined) {
      throw new SiskinError(
        'prediction_failed',
        `model "${spec.name}" gave no output "${name}": its spec must name one of ${Object.keys(tensors).join(', ')}`,
      );
    }
    return readOne(primary, tensor);
  };
}

function readOne(spec: OutputSpec, tensor: Tensor): Answer {
  switch (spec.kind) {
    case 'classification':
      return classify(spec.labels, spec.logits, tensor);
    case 'regression':
      return regress(spec.transform, tensor);
    case 'tensor':
      return { ...NOTHING, output: tensor, empty: !allFinite(tensor) };
  }
}

function classify(labels: readonly string[], logits: boolean, tensor: Tensor): Answer {
  const { data } = tensor;
  if (data.length !== labels.length) {
    throw new SiskinError(
      'prediction_failed',
      `the graph answers ${data.length} numbers for the spec's ${labels.length} labels`,
    );
  }
  const shares =
    data instanceof Float32Array ? data : Float32Array.from(data as Int32Array, Number);
  const output = logits ? softmax(shares) : shares;
  let best = 0;
  let second = -1;
  let entropy = 0;
  for (let i = 0; i < output.length; i++) {
    const p = output[i]!;
    if (!Number.isFinite(p)) return { ...NOTHING, output, empty: true };
    if (i > 0 && p > output[best]!) {
      second = best;
      best = i;
    } else if (i > 0 && (second < 0 || p > output[second]!)) second = i;
    if (p > 0) entropy -= p * Math.log(p);
  }
  const confidence = output[best]!;
  return {
    ...NOTHING,
    output,
    label: labels[best]!,
    // Float32 rounding can leave a certain answer just outside [0, 1].
    confidence: roundIntoUnit(confidence),
    margin: roundIntoUnit(confidence - output[second]!),
    entropy: roundIntoUnit(entropy / Math.log(output.length)),
  };
}

function roundIntoUnit(share: number): number {
  return share > 1 && share < 1 + 1e-5 ? 1 : share < 0 && share > -1e-5 ? 0 : share;
}

function softmax(logits: Float32Array): Float32Array {
  const most = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const exps = logits.map((x) => Math.exp(x - most));
  const sum = exps.reduce((a, b) => a + b, 0);
  return exps.map((x) => x / sum);
}

function regress(transform: 'identity' | 'exp', tensor: Tensor): Answer {
  if (tensor.data.length !== 1) {
    throw new SiskinError(
      'prediction_failed',
      `the graph answers ${tensor.data.length} numbers where the spec's regression has one`,
    );
  }
  const raw = Number(tensor.data[0]);
  const value = transform === 'exp' ? Math.exp(raw) : raw;
  return { ...NOTHING, output: value, value, empty: !Number.isFinite(value) };
}

function allFinite(tensor: Tensor): boolean {
  if (tensor.data.length === 0) return false;
  if (!(tensor.data instanceof Float32Array)) return true;
  return tensor.data.every(Number.isFinite);
}
