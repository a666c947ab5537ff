/** Input → graph tensors, and the features that are counted of it. */
import {
  type InputSpec,
  type ModelSpec,
  SiskinError,
  type Tensor,
  type Tensors,
} from '@siskin/protocol';
import type { Input, InputValue } from '../api.ts';
import type { FeatureSink } from '../features.ts';
import { extractImage } from './image.ts';
import { extractCategory, extractNumber } from './tabular.ts';
import { extractTensor } from './tensor.ts';

/** A tensor, or elements that are laid end to end with their neighbours' of the same graph input. */
export type Extracted = Tensor | readonly number[];

type Extract = (value: InputValue, sink: FeatureSink) => Extracted;

function extractOne(spec: InputSpec): Extract {
  switch (spec.kind) {
    case 'numeric':
      return (value, sink) => extractNumber(spec, value, sink);
    case 'categorical':
      return (value, sink) => extractCategory(spec, value, sink);
    case 'image':
      return (value, sink) => extractImage(spec, value, sink);
    case 'tensor':
      return (value, sink) => extractTensor(spec, value, sink);
    case 'text':
    case 'audio':
      throw new SiskinError('spec_invalid', `inputs of kind "${spec.kind}" are not extracted yet`);
  }
}

/** Tells a map of inputs from a bare value. */
function isRecord(input: Input): input is Readonly<Record<string, InputValue>> {
  if (typeof input !== 'object' || input === null || ArrayBuffer.isView(input)) return false;
  if (typeof ImageBitmap !== 'undefined' && input instanceof ImageBitmap) return false;
  return !('data' in input && ArrayBuffer.isView(input.data));
}

/**
 * Prepares inputs for one model.
 * @param graphInputs names of the graph's inputs in its order; an input whose spec names no tensor
 *   goes to the graph's only one.
 */
export function createExtractor(
  spec: Pick<ModelSpec, 'name' | 'inputs'>,
  graphInputs: readonly string[],
) {
  const steps = spec.inputs.map((input) => ({
    name: input.name,
    tensor: input.tensor ?? (graphInputs.length === 1 ? graphInputs[0]! : input.name),
    extract: extractOne(input),
  }));
  const names = new Set(steps.map((step) => step.name));

  function byName(input: Input): Readonly<Record<string, InputValue>> {
    if (!isRecord(input)) {
      if (steps.length === 1) return { [steps[0]!.name]: input };
      throw new SiskinError(
        'input_invalid',
        `model "${spec.name}" has ${steps.length} inputs: pass an object with ${[...names].slice(0, 5).join(', ')}${names.size > 5 ? ', …' : ''}`,
      );
    }
    for (const name of Object.keys(input)) {
      if (!names.has(name)) {
        throw new SiskinError(
          'input_invalid',
          `model "${spec.name}" has no such input: check the spelling against its spec's inputs (${[...names].slice(0, 5).join(', ')}${names.size > 5 ? ', …' : ''})`,
        );
      }
    }
    return input;
  }

  /** @throws SiskinError `input_invalid` naming the input, never its value. */
  return function extract(input: Input, sink: FeatureSink): Tensors {
    const values = byName(input);
    const tensors: Tensors = {};
    const joined = new Map<string, number[]>();
    for (const step of steps) {
      // Own properties only: an input may be called "constructor".
      const value = Object.hasOwn(values, step.name) ? values[step.name] : undefined;
      const extracted = step.extract(value, sink);
      if (!isElements(extracted)) {
        tensors[step.tensor] = extracted;
        continue;
      }
      const row = joined.get(step.tensor);
      if (row === undefined) joined.set(step.tensor, [...extracted]);
      else row.push(...extracted);
    }
    for (const [name, row] of joined) {
      tensors[name] = { type: 'float32', dims: [1, row.length], data: Float32Array.from(row) };
    }
    return tensors;
  };
}

function isElements(extracted: Extracted): extracted is readonly number[] {
  return Array.isArray(extracted);
}
