/** How one input becomes what a graph takes. */
import type { Tensor } from '@siskin/protocol';
import type { InputValue } from '../api.ts';
import type { FeatureSink } from '../features.ts';

/** A tensor of its own. */
export type ToTensor = (value: InputValue, sink: FeatureSink) => Tensor;

/** So many elements of a row, laid end to end with its neighbours' of the same graph input. */
export interface ToRow {
  readonly width: number;
  /** Writes `width` elements from `at` on; `row` holds zeros there. */
  write(value: InputValue, row: Float32Array, at: number, sink: FeatureSink): void;
}
