/** Input → graph tensors, and the features that are counted of it. */
import { type InputSpec, type ModelSpec, SiskinError, type Tensors } from '@siskin/protocol';
import type { Input, InputValue } from '../api.ts';
import type { FeatureSink } from '../features.ts';
import type { ToRow, ToTensor } from './step.ts';
import { categoricalInput, numericInput } from './tabular.ts';

/** @throws SiskinError `input_invalid` naming the input, never its value. */
export type Extractor = (input: Input, sink: FeatureSink) => Tensors;

const CODE = {
  text: () => import('./text.ts'),
  image: () => import('./image.ts'),
  audio: () => import('./audio.ts'),
  tensor: () => import('./tensor.ts'),
};

/** Loads the code that a spec's kinds of input need, and no other, ahead of {@link createExtractor}. */
export async function importKinds({ inputs }: Pick<ModelSpec, 'inputs'>): Promise<void> {
  const kinds = new Set(inputs.map((input) => input.kind));
  await Promise.all([...kinds].map((kind) => kind in CODE && CODE[kind as keyof typeof CODE]()));
}

async function stepOf(spec: InputSpec): Promise<ToRow | ToTensor> {
  switch (spec.kind) {
    case 'numeric':
      return numericInput(spec);
    case 'categorical':
      return categoricalInput(spec);
    case 'text':
      return (await CODE.text()).textInput(spec);
    case 'image':
      return (await CODE.image()).imageInput(spec);
    case 'audio':
      return (await CODE.audio()).audioInput(spec);
    case 'tensor':
      return (await CODE.tensor()).tensorInput(spec);
  }
}

/** Tells a map of inputs from a bare value. */
function isRecord(input: Input): input is Readonly<Record<string, InputValue>> {
  if (typeof input !== 'object' || input === null || ArrayBuffer.isView(input)) return false;
  if (typeof ImageBitmap !== 'undefined' && input instanceof ImageBitmap) return false;
  return !('data' in input && ArrayBuffer.isView(input.data));
}

/** The map of inputs, checked for names that the model lacks. */
function createNaming(model: string, inputs: ModelSpec['inputs']) {
  const names = new Set(inputs.map((input) => input.name));
  const some = `${[...names].slice(0, 5).join(', ')}${names.size > 5 ? ', …' : ''}`;
  return (input: Input): Readonly<Record<string, InputValue>> => {
    if (!isRecord(input)) {
      if (inputs.length === 1) return { [inputs[0]!.name]: input };
      throw new SiskinError(
        'input_invalid',
        `model "${model}" has ${inputs.length} inputs: pass an object with ${some}`,
      );
    }
    for (const name of Object.keys(input)) {
      if (!names.has(name)) {
        throw new SiskinError(
          'input_invalid',
          `model "${model}" has no such input: check the spelling against its spec's inputs (${some})`,
        );
      }
    }
    return input;
  };
}

/**
 * Prepares inputs for one model.
 * @param graphInputs names of the graph's inputs in its order; an input whose spec names no tensor
 *   goes to the graph's only one.
 * @returns once the code for the spec's kinds of input is loaded.
 */
export async function createExtractor(
  spec: Pick<ModelSpec, 'name' | 'inputs'>,
  graphInputs: readonly string[],
): Promise<Extractor> {
  const byName = createNaming(spec.name, spec.inputs);
  const widths = new Map<string, number>();
  const all = await Promise.all(spec.inputs.map(stepOf));
  const steps = spec.inputs.map(({ name, tensor }, i) => {
    const step = all[i]!;
    const to = tensor ?? (graphInputs.length === 1 ? graphInputs[0]! : name);
    const at = widths.get(to) ?? 0;
    if (typeof step === 'object') widths.set(to, at + step.width);
    // An input may be called "constructor", which every object inherits.
    return { name, step, to, at, inherited: name in Object.prototype };
  });
  const rows = [...widths];

  return function extract(input: Input, sink: FeatureSink): Tensors {
    const values = byName(input);
    const tensors: Tensors = {};
    for (const [name, width] of rows) {
      tensors[name] = { type: 'float32', dims: [1, width], data: new Float32Array(width) };
    }
    for (let i = 0; i < steps.length; i++) {
      const { name, step, to, at, inherited } = steps[i]!;
      const value = inherited && !Object.hasOwn(values, name) ? undefined : values[name];
      if (typeof step === 'function') tensors[to] = step(value, sink);
      else step.write(value, tensors[to]!.data as Float32Array, at, sink);
    }
    return tensors;
  };
}
