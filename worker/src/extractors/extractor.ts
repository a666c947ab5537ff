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

/** Values in the order of the spec's inputs; names that the spec lacks are refused. */
function createOrdering(model: string, inputs: ModelSpec['inputs']) {
  const places = new Map(inputs.map((input, i) => [input.name, i]));
  const some = `${[...places.keys()].slice(0, 5).join(', ')}${inputs.length > 5 ? ', …' : ''}`;
  return (input: Input): InputValue[] => {
    if (!isRecord(input)) {
      if (inputs.length === 1) return [input];
      throw new SiskinError(
        'input_invalid',
        `model "${model}" has ${inputs.length} inputs: pass an object with ${some}`,
      );
    }
    const values = new Array<InputValue>(inputs.length).fill(undefined);
    // The one way over an object that is faster than asking it for each name.
    for (const name in input) {
      const place = places.get(name);
      if (place === undefined) {
        throw new SiskinError(
          'input_invalid',
          `model "${model}" has no such input: check the spelling against its spec's inputs (${some})`,
        );
      }
      values[place] = input[name];
    }
    return values;
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
  const inOrder = createOrdering(spec.name, spec.inputs);
  const widths = new Map<string, number>();
  const all = await Promise.all(spec.inputs.map(stepOf));
  const steps = spec.inputs.map(({ name, tensor }, i) => {
    const step = all[i]!;
    const to = tensor ?? (graphInputs.length === 1 ? graphInputs[0]! : name);
    const at = widths.get(to) ?? 0;
    if (typeof step === 'object') widths.set(to, at + step.width);
    return { step, to, at, row: [...widths.keys()].indexOf(to) };
  });
  const rows = [...widths];

  return function extract(input: Input, sink: FeatureSink): Tensors {
    const values = inOrder(input);
    const tensors: Tensors = {};
    const data: Float32Array[] = [];
    for (const [name, width] of rows) {
      const row = new Float32Array(width);
      data.push(row);
      tensors[name] = { type: 'float32', dims: [1, width], data: row };
    }
    for (let i = 0; i < steps.length; i++) {
      const { step, to, row, at } = steps[i]!;
      if (typeof step === 'function') tensors[to] = step(values[i], sink);
      else step.write(values[i], data[row]!, at, sink);
    }
    return tensors;
  };
}
