/** Raw tensors and embeddings: passed through without a copy; counted by norm, mean, σ, zeros, NaN. */
import { type InputSpec, SERIES, SiskinError, type Tensor, volumeOf } from '@siskin/protocol';
import type { InputValue } from '../api.ts';
import type { FeatureSink } from '../features.ts';

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

export function extractTensor(spec: TensorSpec, value: InputValue, sink: FeatureSink): Tensor {
  const wanted = `input "${spec.name}" must be a ${spec.type} tensor of shape [${spec.shape.map((d) => d ?? '?').join(', ')}]`;
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
  const told = 'dims' in given && Array.isArray(given.dims) ? (given.dims as number[]) : undefined;
  const dims = told ?? dimsFor(spec.shape, data.length);
  if (dims === undefined || !fits(spec.shape, dims) || volumeOf(dims) !== data.length) {
    const got = told === undefined ? '' : `shape [${told.join(', ')}] with `;
    throw new SiskinError('input_invalid', `${wanted}, not ${got}${data.length} elements`);
  }
  observe(spec.name, data, sink);
  return { type: spec.type, dims, data };
}

/** Moments over the finite elements in one pass. Shares are of all elements, 0 … 1. */
function observe(name: string, data: Tensor['data'], sink: FeatureSink): void {
  let sum = 0;
  let squares = 0;
  let zeros = 0;
  let finite = 0;
  let nans = 0;
  for (let i = 0; i < data.length; i++) {
    const x = Number(data[i]);
    if (x - x === 0) {
      finite++;
      sum += x;
      squares += x * x;
      if (x === 0) zeros++;
    } else if (Number.isNaN(x)) nans++;
  }
  const mean = finite === 0 ? null : sum / finite;
  const variance = mean === null ? null : Math.max(0, squares / finite - mean * mean);
  sink.number(SERIES.input(name, 'length'), data.length);
  sink.number(SERIES.input(name, 'norm'), finite === 0 ? null : Math.sqrt(squares));
  sink.number(SERIES.input(name, 'mean'), mean);
  sink.number(SERIES.input(name, 'sigma'), variance === null ? null : Math.sqrt(variance));
  sink.number(SERIES.input(name, 'zeros'), data.length === 0 ? null : zeros / data.length);
  sink.number(SERIES.input(name, 'nan'), nans);
}
