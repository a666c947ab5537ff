/** A graph for each kind of input that is neither a row nor an image, opened and asked as on a device. */
import { type ModelSpecInput, parseSpec } from '@siskin/protocol';
import proto from 'onnx-proto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answersOf, type Input, openGraph } from '../reference.ts';

const { onnx } = proto;
const { FLOAT, INT64 } = onnx.TensorProto.DataType;

/** Adds up what it is given: y = Σ x. */
function sumOf(type: 'int64' | 'float32', length: number | null): Uint8Array<ArrayBuffer> {
  const dim = length === null ? { dimParam: 'n' } : { dimValue: length };
  const info = (name: string, elemType: number, dims: object[]) => ({
    name,
    type: { tensorType: { elemType, shape: { dim: dims } } },
  });
  const bytes = onnx.ModelProto.encode({
    irVersion: 7,
    opsetImport: [{ domain: '', version: 11 }],
    graph: {
      name: 'sum',
      node: [
        {
          opType: 'Cast',
          input: ['x'],
          output: ['f'],
          attribute: [{ name: 'to', type: onnx.AttributeProto.AttributeType.INT, i: FLOAT }],
        },
        { opType: 'ReduceSum', input: ['f'], output: ['y'] },
      ],
      input: [info('x', type === 'int64' ? INT64 : FLOAT, [{ dimValue: 1 }, dim])],
      output: [info('y', FLOAT, [{ dimValue: 1 }, { dimValue: 1 }])],
    },
  }).finish();
  return new Uint8Array(bytes);
}

async function ask(
  input: ModelSpecInput['inputs'][number],
  graph: Uint8Array<ArrayBuffer>,
  given: Input,
) {
  const spec = parseSpec({
    name: 'sum',
    version: 'v1',
    format: 'onnx',
    files: ['sum.onnx'],
    inputs: [input],
    outputs: [{ kind: 'regression' }],
  });
  const session = await openGraph(spec, new Map([['sum.onnx', graph]]));
  onTestFinished(() => session.dispose());
  const [answer] = await answersOf(spec, session, [given]);
  return answer!.value;
}

describe('a graph that takes', () => {
  it('a text is given the ids of its words', async () => {
    const vocabulary = ['pad', 'unknown', 'a', 'dog', 'barks'];
    const input = { name: 'x', kind: 'text', length: 6, vocabulary } as const;
    // a dog 1 barks 0 0 = 2 + 3 + 1 + 4
    expect(await ask(input, sumOf('int64', 6), 'a dog loudly barks')).toBe(10);
  });

  it('a sound is given its samples', async () => {
    const sound = Float32Array.of(0.5, 0.25, -0.125);
    const input = { name: 'x', kind: 'audio', sampleRate: 8000 } as const;
    expect(await ask(input, sumOf('float32', null), sound)).toBe(0.625);
    expect(await ask({ ...input, length: 2 }, sumOf('float32', 2), sound)).toBe(0.75);
  });

  it('an embedding is given it as it is', async () => {
    const input = { name: 'x', kind: 'tensor' as const, shape: [1, 3] };
    expect(await ask(input, sumOf('float32', 3), Float32Array.of(1, 2, 3))).toBe(6);
  });

  it('something else is refused before anything runs', async () => {
    const input = { name: 'x', kind: 'text', length: 6 } as const;
    await expect(ask(input, sumOf('int64', 7), 'a')).rejects.toMatchObject({
      code: 'spec_invalid',
      message: expect.stringContaining('int64 [1, 6]'),
    });
  });
});
