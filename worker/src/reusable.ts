/** Inputs that can be read twice: a bitmap is let go of once its pixels have been read. */
import type { ModelSpec } from '@siskin/protocol';
import type { Input, InputValue } from './api.ts';
import { pixelsOf } from './extractors/pixels.ts';

export function reusable({ inputs }: Pick<ModelSpec, 'inputs'>, input: Input): Input {
  if (typeof ImageBitmap === 'undefined' || typeof input !== 'object' || input === null)
    return input;
  const read = (name: string, value: InputValue): InputValue => {
    if (!(value instanceof ImageBitmap)) return value;
    try {
      return pixelsOf(name, value);
    } catch {
      // It is refused, and told, when it is asked about.
      return value;
    }
  };
  if (input instanceof ImageBitmap) return read(inputs[0]!.name, input);
  const entries = Object.entries(input as Record<string, InputValue>);
  if (!entries.some(([, value]) => value instanceof ImageBitmap)) return input;
  return Object.fromEntries(entries.map(([name, value]) => [name, read(name, value)]));
}
