/** Columns of a row: numbers and categories. */
import { type InputSpec, SERIES, SiskinError } from '@siskin/protocol';
import type { InputValue } from '../api.ts';
import type { FeatureSink } from '../features.ts';

type NumericSpec = Extract<InputSpec, { kind: 'numeric' }>;
type CategoricalSpec = Extract<InputSpec, { kind: 'categorical' }>;

/** The standardised number; what is missing or NaN is counted as such and filled. */
export function extractNumber(
  spec: NumericSpec,
  value: InputValue,
  sink: FeatureSink,
): readonly number[] {
  const number = typeof value === 'boolean' ? Number(value) : value;
  if (number !== null && number !== undefined && typeof number !== 'number') {
    throw new SiskinError(
      'input_invalid',
      `input "${spec.name}" must be a number, not a ${typeof value}`,
    );
  }
  const usable = typeof number === 'number' && Number.isFinite(number) ? number : spec.fill;
  if (usable === undefined) {
    const what = number === null || number === undefined ? 'is missing' : 'is not a finite number';
    throw new SiskinError(
      'input_invalid',
      `input "${spec.name}" ${what} and its spec has no "fill" value`,
    );
  }
  sink.number(SERIES.input(spec.name), number);
  return [(usable - spec.mean) / spec.scale];
}

/** One-hot; a value outside the categories, or none, sets no element. */
export function extractCategory(
  spec: CategoricalSpec,
  value: InputValue,
  sink: FeatureSink,
): readonly number[] {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (text !== null && text !== undefined && typeof text !== 'string') {
    throw new SiskinError('input_invalid', `input "${spec.name}" must be a string`);
  }
  sink.category(SERIES.input(spec.name), text);
  return spec.categories.map((category) => (category === text ? 1 : 0));
}
