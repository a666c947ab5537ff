/** Tensors as they cross the worker boundary and as they stand in a self-test. */
import type { TENSOR_TYPES } from './spec.ts';

export type TensorType = (typeof TENSOR_TYPES)[number];
export type TensorData = Float32Array | Int32Array | BigInt64Array | Uint8Array;

/** Row-major; `data.length` is the product of `dims`. `bool` is a Uint8Array of 0 and 1. */
export interface Tensor {
  type: TensorType;
  dims: readonly number[];
  data: TensorData;
}
export type Tensors = Record<string, Tensor>;

export function volumeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** Typed-array data of a tensor type from plain numbers. */
export function tensorData(type: TensorType, values: readonly number[]): TensorData {
  switch (type) {
    case 'float32':
      return Float32Array.from(values);
    case 'int32':
      return Int32Array.from(values);
    case 'int64':
      return BigInt64Array.from(values, BigInt);
    case 'uint8':
    case 'bool':
      return Uint8Array.from(values);
  }
}
