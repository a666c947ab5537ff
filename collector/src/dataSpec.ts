/**
 * What the commands that read data need to know of it: the inputs of a model spec. A whole spec will
 * do, and so will its inputs alone, with categories left to be learnt from the data.
 */
import {
  type AlarmPolicy,
  type InputSpec,
  type ModelSpec,
  ModelSpecSchema,
  messageOf,
  parseSpec,
  SiskinError,
} from '@siskin/protocol';
import * as v from 'valibot';
import { readSpecFile } from './specFile.ts';

export interface DataSpec {
  inputs: InputSpec[];
  /** Categorical inputs without categories: names. */
  open: ReadonlySet<string>;
  /** Of a whole spec. */
  model?: ModelSpec;
  alarm: AlarmPolicy | undefined;
}

/** Stands for categories that are still to be learnt: no text is it. */
export const UNKNOWN = ['\u0000'];

const { inputs, ...others } = ModelSpecSchema.entries;
const PartialSchema = v.strictObject({ inputs, ...v.partial(v.strictObject(others)).entries });

/**
 * A spec that names the model's files is to be a whole one.
 * @throws SiskinError `spec_invalid` naming file, line and column of each fault.
 */
export async function readDataSpec(path: string): Promise<DataSpec> {
  const open = new Set<string>();
  const read = await readSpecFile<Read>(
    path,
    (value) => (isWhole(value) ? ModelSpecSchema : PartialSchema),
    (value) => (isWhole(value) ? value : withCategories(value, open)),
  );
  try {
    if ('files' in read && read.files !== undefined) {
      const model = parseSpec(read);
      return { model, inputs: model.inputs, open, alarm: model.alarm };
    }
    const { inputs, alarm } = read;
    const twice = inputs.find(({ name }, i) => inputs.findIndex((one) => one.name === name) !== i);
    if (twice !== undefined) {
      throw new SiskinError('spec_invalid', `inputs: "${twice.name}" is named twice`);
    }
    return {
      // Nothing is computed from them: a missing number needs no other in its place.
      inputs: inputs.map((one) => (one.kind === 'numeric' ? { fill: 0, ...one } : one)),
      open,
      alarm,
    };
  } catch (cause) {
    throw new SiskinError('spec_invalid', `${path}: ${messageOf(cause)}`, { cause });
  }
}

type Read = ModelSpec | v.InferOutput<typeof PartialSchema>;

function isWhole(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'files' in value;
}

/** Gives categorical inputs that name no categories some, and notes their names. */
function withCategories(value: unknown, open: Set<string>): unknown {
  if (typeof value !== 'object' || value === null || !('inputs' in value)) return value;
  if (!Array.isArray(value.inputs)) return value;
  return {
    ...value,
    inputs: value.inputs.map((input) => {
      if (input?.kind !== 'categorical' || 'categories' in input) return input;
      open.add(String(input.name));
      return { ...input, categories: UNKNOWN };
    }),
  };
}
