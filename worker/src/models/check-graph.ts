/** Does the graph have what its spec talks of? Asked once, so that no prediction fails on it. */
import { type InputSpec, type ModelSpec, SiskinError } from '@siskin/protocol';
import type { Session, TensorInfo } from '../runtimes/runtime.ts';

/** What the spec's inputs write into one graph input. */
interface Written {
  by: string;
  type: TensorInfo['type'];
  shape: readonly (number | null)[];
}

/** @throws SiskinError `spec_invalid` naming what differs. */
export function checkGraph(
  spec: ModelSpec,
  { inputs, outputs }: Pick<Session, 'inputs' | 'outputs'>,
): void {
  const written = writtenBy(spec, inputs);
  for (const [tensor, { by, type, shape }] of written) {
    const info = inputs.find(({ name }) => name === tensor);
    if (info === undefined) {
      throw fault(
        spec,
        `input "${by}" is written to "${tensor}", but the graph has ${list(inputs.map((i) => i.name))}`,
      );
    }
    if (info.type !== type || !fits(info.shape, shape)) {
      throw fault(
        spec,
        `input "${by}" is ${type} [${text(shape)}], but the graph's "${tensor}" is ${info.type} [${text(info.shape)}]`,
      );
    }
  }
  for (const { name } of inputs) {
    if (!written.has(name)) throw fault(spec, `no input is written to the graph's "${name}"`);
  }
  for (const { tensor } of spec.outputs) {
    if (tensor !== undefined && !outputs.includes(tensor)) {
      throw fault(spec, `there is no output "${tensor}", the graph has ${list(outputs)}`);
    }
  }
  if (outputs.length === 0)
    throw fault(spec, 'the graph has no output that is a tensor of numbers');
}

function writtenBy(spec: ModelSpec, inputs: readonly TensorInfo[]): Map<string, Written> {
  const written = new Map<string, Written>();
  const only = inputs.length === 1 ? inputs[0]!.name : undefined;
  for (const input of spec.inputs) {
    const tensor = input.tensor ?? only ?? input.name;
    if (input.kind !== 'numeric' && input.kind !== 'categorical') {
      written.set(tensor, wholeOf(input));
      continue;
    }
    const width = input.kind === 'numeric' ? 1 : input.categories.length;
    const before = written.get(tensor);
    written.set(
      tensor,
      before === undefined ? row(input.name, width) : row(before.by, width + before.shape[1]!),
    );
  }
  return written;
}

const row = (by: string, width: number): Written => ({ by, type: 'float32', shape: [1, width] });

function wholeOf(input: Exclude<InputSpec, { kind: 'numeric' | 'categorical' }>): Written {
  const by = input.name;
  switch (input.kind) {
    case 'tensor':
      return { by, type: input.type, shape: input.shape };
    case 'text':
      return { by, type: input.type, shape: [1, input.length] };
    case 'audio':
      return { by, type: 'float32', shape: [1, input.length ?? null] };
    case 'image': {
      const { width, height, channels, layout } = input;
      const shape = layout === 'nhwc' ? [1, height, width, channels] : [1, channels, height, width];
      return { by, type: 'float32', shape };
    }
  }
}

/** An empty graph shape tells nothing. */
function fits(graph: TensorInfo['shape'], given: TensorInfo['shape']): boolean {
  if (graph.length === 0) return true;
  return (
    graph.length === given.length &&
    graph.every((dim, i) => dim === null || given[i] === null || dim === given[i])
  );
}

const text = (shape: TensorInfo['shape']) => shape.map((dim) => dim ?? '?').join(', ');
const list = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ') || 'none';

function fault({ name, version }: ModelSpec, what: string): SiskinError {
  return new SiskinError(
    'spec_invalid',
    `the spec of model "${name}" version "${version}" does not fit its graph: ${what}. Correct the spec and publish it anew`,
  );
}
