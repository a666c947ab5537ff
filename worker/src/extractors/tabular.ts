/** Columns of a row: numbers and categories. */
import { type InputSpec, SERIES, SiskinError } from '@siskin/protocol';
import type { InputValue } from '../api.ts';
import type { FeatureSink } from '../features.ts';
import type { ToRow } from './step.ts';

type NumericSpec = Extract<InputSpec, { kind: 'numeric' }>;
type CategoricalSpec = Extract<InputSpec, { kind: 'categorical' }>;

/** The standardised number; what is missing or not finite is counted as such and filled. */
export function numericInput(spec: NumericSpec): ToRow {
  const { fill, mean, scale } = spec;
  const series = SERIES.input(spec.name);
  return {
    width: 1,
    write(value: InputValue, row: Float32Array, at: number, sink: FeatureSink): void {
      const number = typeof value === 'boolean' ? Number(value) : value;
      let usable = fill;
      if (typeof number === 'number') {
        if (Number.isFinite(number)) usable = number;
      } else if (number !== null && number !== undefined) {
        throw new SiskinError(
          'input_invalid',
          `input "${spec.name}" must be a number, not a ${typeof value}`,
        );
      }
      if (usable === undefined) {
        const what = typeof number === 'number' ? 'is not a finite number' : 'is missing';
        throw new SiskinError(
          'input_invalid',
          `input "${spec.name}" ${what} and its spec has no "fill" value`,
        );
      }
      sink.number(series, number);
      row[at] = (usable - mean) / scale;
    },
  };
}

/** One-hot; a value outside the categories, or none, sets no element. */
export function categoricalInput(spec: CategoricalSpec): ToRow {
  const series = SERIES.input(spec.name);
  const places = new Map(spec.categories.map((category, i) => [category, i]));
  return {
    width: spec.categories.length,
    write(value: InputValue, row: Float32Array, at: number, sink: FeatureSink): void {
      const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
      if (text !== null && text !== undefined && typeof text !== 'string') {
        throw new SiskinError('input_invalid', `input "${spec.name}" must be a string`);
      }
      sink.category(series, text);
      const place = text == null ? undefined : places.get(text);
      if (place !== undefined) row[at + place] = 1;
    },
  };
}
