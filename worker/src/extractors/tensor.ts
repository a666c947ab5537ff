/** Raw tensors and embeddings: passed through without a copy; counted by norm, mean, σ, zeros, NaN. */
import { type InputSpec, SERIES, SiskinError, type Tensor, volumeOf } from '@siskin/protocol';
import type { InputValue } from '../api.ts';
import type { FeatureSink } from '../features.ts';
import type { ToTensor } from './step.ts';

type TensorSpec = Extract<InputSpec, { kind: 'tensor' }>;

const ARRAYS = {
  float32: Float32Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** Fills the one open dimension of a shape; undefined if `length` elements do not fit. */
function dimsFor(shape: readonly (number | null)[], length: number): number[] | undefined {
  const open = shape.filter((dim) => dim === null).length;
  const known = volumeOf(shape.map((dim) => dim ?? 1));
  if (open === 0) return known === length ? (shape as number[]).slice() : undefined;
  if (open > 1 || known === 0 || length % known !== 0) return undefined;
  return shape.map((dim) => dim ?? length / known);
}

function fits(shape: readonly (number | null)[], dims: readonly number[]): boolean {
  return (
    shape.length === dims.length &&
    dims.every((dim, i) =>
      shape[i] === null ? Number.isInteger(dim) && dim >= 0 : dim === shape[i],
    )
  );
}

export function tensorInput(spec: TensorSpec): ToTensor {
  const wanted = `input "${spec.name}" must be a ${spec.type} tensor of shape [${spec.shape.map((d) => d ?? '?').join(', ')}]`;
  return (value: InputValue, sink: FeatureSink): Tensor => {
    const given = ArrayBuffer.isView(value) ? { data: value } : value;
    if (typeof given !== 'object' || given === null || !('data' in given)) {
      throw new SiskinError('input_invalid', `${wanted}: pass a typed array or { data, dims }`);
    }
    const { data } = given;
    if (!(data instanceof ARRAYS[spec.type])) {
      throw new SiskinError(
        'input_invalid',
        `${wanted}: its data must be a ${ARRAYS[spec.type].name}`,
      );
    }
    const told =
      'dims' in given && Array.isArray(given.dims) ? (given.dims as number[]) : undefined;
    const dims = told ?? dimsFor(spec.shape, data.length);
    if (dims === undefined || !fits(spec.shape, dims) || volumeOf(dims) !== data.length) {
      const got = told === undefined ? '' : `shape [${told.join(', ')}] with `;
      throw new SiskinError('input_invalid', `${wanted}, not ${got}${data.length} elements`);
    }
    observe(spec.name, data, sink);
    return { type: spec.type, dims, data };
  };
}

/**
 * Norm, mean and population σ of the finite elements; shares are of all elements, 0 … 1. The squares
 * are taken about the mean in a second pass: in one pass an offset would cancel them away.
 */
function observe(name: string, data: Tensor['data'], sink: FeatureSink): void {
  const { length } = data;
  let sum = 0;
  let squares = 0;
  let zeros = 0;
  let finite = 0;
  let nans = 0;
  for (let i = 0; i < length; i++) {
    const x = Number(data[i]);
    if (x - x === 0) {
      finite++;
      sum += x;
      squares += x * x;
      if (x === 0) zeros++;
    } else if (Number.isNaN(x)) nans++;
  }
  const mean = sum / finite;
  let deviations = 0;
  for (let i = 0; i < length; i++) {
    const d = Number(data[i]) - mean;
    if (d - d === 0) deviations += d * d;
  }
  const known = (value: number) => (finite === 0 ? null : value);
  sink.number(SERIES.input(name, 'length'), length);
  sink.number(SERIES.input(name, 'norm'), known(Math.sqrt(squares)));
  sink.number(SERIES.input(name, 'mean'), known(mean));
  sink.number(SERIES.input(name, 'sigma'), known(Math.sqrt(deviations / finite)));
  sink.number(SERIES.input(name, 'zeros'), length === 0 ? null : zeros / length);
  sink.number(SERIES.input(name, 'nan'), nans);
}
