/**
 * What the commands that read data need to know of it: the inputs of a model spec. A whole spec will
 * do, and so will its inputs alone, with categories left to be learnt from the data.
 */
import { readFile } from 'node:fs/promises';
import {
  type AlarmPolicy,
  type InputSpec,
  issuesOf,
  type ModelSpec,
  ModelSpecSchema,
  messageOf,
  parseSpec,
  SiskinError,
} from '@siskin/protocol';
import * as v from 'valibot';

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

/** @throws SiskinError `spec_invalid` naming the file and the path of each fault. */
export async function readDataSpec(path: string): Promise<DataSpec> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new SiskinError('spec_invalid', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SiskinError('spec_invalid', `${path} is not JSON: ${messageOf(cause)}`, { cause });
  }
  try {
    return parseDataSpec(value);
  } catch (cause) {
    throw new SiskinError('spec_invalid', `${path}: ${messageOf(cause)}`, { cause });
  }
}

/**
 * A spec that names the model's files is to be a whole one.
 * @throws SiskinError `spec_invalid` naming the path of each fault.
 */
export function parseDataSpec(value: unknown): DataSpec {
  if (typeof value === 'object' && value !== null && 'files' in value) {
    const model = parseSpec(value);
    return { model, inputs: model.inputs, open: new Set(), alarm: model.alarm };
  }
  const open = new Set<string>();
  const parsed = v.safeParse(PartialSchema, withCategories(value, open));
  if (!parsed.success) throw invalid(issuesOf(parsed.issues));
  const { inputs, alarm } = parsed.output;
  const twice = inputs.find(({ name }, i) => inputs.findIndex((one) => one.name === name) !== i);
  if (twice !== undefined) throw invalid(`inputs: "${twice.name}" is named twice`);
  return {
    // Nothing is computed from them: a missing number needs no other in its place.
    inputs: inputs.map((one) => (one.kind === 'numeric' ? { fill: 0, ...one } : one)),
    open,
    alarm,
  };
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

function invalid(text: string): SiskinError {
  return new SiskinError('spec_invalid', `the spec is invalid: ${text}`);
}
