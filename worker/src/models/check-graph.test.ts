import { type ModelSpecInput, parseSpec } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import type { TensorInfo } from '../runtimes/runtime.ts';
import { checkGraph } from './check-graph.ts';

type Inputs = ModelSpecInput['inputs'];
const graph = (inputs: TensorInfo[], outputs = ['y']) => ({ inputs, outputs });
const x = (type: TensorInfo['type'], ...shape: (number | null)[]): TensorInfo => ({
  name: 'x',
  type,
  shape,
});

function check(inputs: Inputs, session: ReturnType<typeof graph>, tensor?: string): void {
  const output = { kind: 'regression' as const, ...(tensor && { tensor }) };
  checkGraph(
    parseSpec({
      name: 'm',
      version: 'v1',
      format: 'onnx',
      files: ['m.onnx'],
      inputs,
      outputs: [output],
    }),
    session,
  );
}

const IMAGE = { name: 'image', kind: 'image', width: 28, height: 20, channels: 1 } as const;
const ROW: Inputs = [
  { name: 'a', kind: 'numeric', tensor: 'x' },
  { name: 'b', kind: 'categorical', tensor: 'x', categories: ['p', 'q', 'r'] },
  { name: 'c', kind: 'numeric', tensor: 'x' },
];

describe('checkGraph', () => {
  it.each<[string, Inputs, ReturnType<typeof graph>]>([
    ['a row of numbers and categories', ROW, graph([x('float32', null, 5)])],
    ['a shape that the graph does not tell', ROW, graph([x('float32')])],
    ['the only input, not named', [{ name: 'a', kind: 'numeric' }], graph([x('float32', 1, 1)])],
    ['an image, channels last', [IMAGE], graph([x('float32', null, 20, 28, 1)])],
    [
      'an image, channels first',
      [{ ...IMAGE, layout: 'nchw' }],
      graph([x('float32', null, 1, 20, 28)]),
    ],
    [
      'a name as an exporter gives it',
      [{ name: 'a', kind: 'numeric', tensor: 'onnx::Gemm_0/in' }],
      graph([{ name: 'onnx::Gemm_0/in', type: 'float32', shape: [null, 1] }]),
    ],
    ['a text', [{ name: 'x', kind: 'text', length: 16 }], graph([x('int64', 1, 16)])],
    [
      'a text as float32, of any length',
      [{ name: 'x', kind: 'text', length: 16, type: 'float32' }],
      graph([x('float32', null, null)]),
    ],
    [
      'a sound of any length, and one of a second',
      [{ name: 'x', kind: 'audio', sampleRate: 16_000 }],
      graph([x('float32', 1, 16_000)]),
    ],
    [
      'two tensors, one of them a scalar int64',
      [
        { name: 'x', kind: 'tensor', shape: [1, null] },
        { name: 'sr', kind: 'tensor', type: 'int64', shape: [] },
      ],
      graph([x('float32', null, null), { name: 'sr', type: 'int64', shape: [] }]),
    ],
  ])('accepts %s', (_name, inputs, session) => {
    expect(() => check(inputs, session)).not.toThrow();
  });

  it.each<[string, Inputs, ReturnType<typeof graph>, RegExp]>([
    ['a row that is too short', ROW, graph([x('float32', null, 6)]), /\[1, 5\].*\[\?, 6\]/],
    ['another type', [{ name: 'a', kind: 'numeric' }], graph([x('int32', 1, 1)]), /float32.*int32/],
    [
      'a text of another length',
      [{ name: 'x', kind: 'text', length: 16 }],
      graph([x('int64', 1, 32)]),
      /int64 \[1, 16\].*int64 \[1, 32\]/,
    ],
    [
      'a sound of another length',
      [{ name: 'x', kind: 'audio', sampleRate: 16_000, length: 8000 }],
      graph([x('float32', 1, 16_000)]),
      /\[1, 8000\]/,
    ],
    ['the other layout', [IMAGE], graph([x('float32', null, 1, 20, 28)]), /\[1, 20, 28, 1\]/],
    [
      'a name that the graph has not',
      [{ name: 'a', kind: 'numeric', tensor: 'z' }],
      graph([x('float32', 1, 1)]),
      /"a".*"z".*"x"/,
    ],
    [
      'a graph input that nothing is written to',
      [{ name: 'x', kind: 'tensor', shape: [1] }],
      graph([x('float32', 1), { name: 'state', type: 'float32', shape: [2] }]),
      /"state"/,
    ],
    ['a graph without an output of numbers', ROW, graph([x('float32', null, 5)], []), /no output/],
  ])('refuses %s', (_name, inputs, session, message) => {
    expect(() => check(inputs, session)).toThrow(
      expect.objectContaining({
        code: 'spec_invalid',
        message: expect.stringMatching(message),
      }),
    );
  });

  it('refuses an output that the graph has not', () => {
    const session = graph([x('float32', null, 5)], ['y', 'y2']);
    expect(() => check(ROW, session, 'y2')).not.toThrow();
    expect(() => check(ROW, session, 'label')).toThrow(/"label".*"y", "y2"/);
  });
});
