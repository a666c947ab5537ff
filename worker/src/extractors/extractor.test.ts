import { type ModelSpecInput, parseSpec } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import type { Input } from '../api.ts';
import { failure } from '../testing/errors.ts';
import { ListSink } from '../testing/list-sink.ts';
import { createExtractor } from './extractor.ts';

type Inputs = ModelSpecInput['inputs'];
type One = Inputs[number];

async function extractorOf(inputs: Inputs, graph: string[] = ['x']) {
  const spec = parseSpec({
    name: 'house',
    version: 'v1',
    format: 'onnx',
    files: ['model.onnx'],
    inputs,
    outputs: [{ kind: 'regression' }],
  });
  const extract = await createExtractor(spec, graph);
  return (input: Input, sink = new ListSink()) => ({ tensors: extract(input, sink), sink });
}

const AREA: One = { name: 'area', kind: 'numeric', fill: 100, mean: 90, scale: 20 };
const ROOMS: One = { name: 'rooms', kind: 'numeric' };
const ROOF: One = { name: 'roof', kind: 'categorical', categories: ['flat', 'gable', 'hip'] };

describe('tabular inputs', () => {
  it('lays standardised numbers and one-hot categories end to end in the order of the spec', async () => {
    const { tensors, sink } = (await extractorOf([AREA, ROOF, ROOMS]))({
      rooms: 3,
      roof: 'gable',
      area: 130,
    });
    expect(tensors).toEqual({
      x: { type: 'float32', dims: [1, 5], data: Float32Array.of(2, 0, 1, 0, 3) },
    });
    expect(sink.seen).toEqual([
      ['input/area', 130],
      ['input/roof', 'gable'],
      ['input/rooms', 3],
    ]);
  });

  it.each([
    [undefined, 0.5],
    [null, 0.5],
    [Number.NaN, 0.5],
    [Number.POSITIVE_INFINITY, 0.5],
    [Number.NEGATIVE_INFINITY, 0.5],
  ])('fills %s, and counts it as what it was', async (value, written) => {
    const { tensors, sink } = (await extractorOf([AREA]))({ area: value });
    expect(tensors.x!.data).toEqual(Float32Array.of(written)); // (100 − 90) / 20
    expect(sink.seen).toEqual([['input/area', value]]);
  });

  it('takes a boolean for 0 or 1', async () => {
    const extract = await extractorOf([ROOMS]);
    expect(extract({ rooms: true }).tensors.x!.data).toEqual(Float32Array.of(1));
    expect(extract({ rooms: false }).tensors.x!.data).toEqual(Float32Array.of(0));
  });

  it.each([
    ['missing', {}, /"rooms" is missing/],
    ['null', { rooms: null }, /"rooms" is missing/],
    ['NaN', { rooms: Number.NaN }, /"rooms" is not a finite number/],
    ['infinite', { rooms: Number.NEGATIVE_INFINITY }, /"rooms" is not a finite number/],
    ['a string', { rooms: '4815162342' }, /"rooms" must be a number/],
    ['an array of bytes', { rooms: new Uint8Array(3) }, /"rooms" must be a number/],
  ])('refuses a number without a fill that is %s', async (_, input, message) => {
    const sink = new ListSink();
    const error = await failure(
      async () => (await extractorOf([ROOMS]))(input as Input, sink),
      'input_invalid',
    );
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('4815162342');
    expect(sink.seen).toEqual([]);
  });

  it.each([
    ['an unknown category', 'thatched', [0, 0, 0]],
    ['none', null, [0, 0, 0]],
    ['undefined', undefined, [0, 0, 0]],
    ['the last', 'hip', [0, 0, 1]],
  ])('one-hot: %s', async (_, value, expected) => {
    const { tensors, sink } = (await extractorOf([ROOF]))({ roof: value });
    expect([...tensors.x!.data]).toEqual(expected);
    expect(sink.get('input/roof')).toBe(value);
  });

  it('reads numbers and booleans as categories by their text', async () => {
    const code: One = { name: 'code', kind: 'categorical', categories: ['1', 'true'] };
    const extract = await extractorOf([code]);
    expect([...extract({ code: 1 }).tensors.x!.data]).toEqual([1, 0]);
    expect([...extract({ code: true }).tensors.x!.data]).toEqual([0, 1]);
  });

  it('refuses an object as a category without quoting it', async () => {
    const secret = { type: 'float32', dims: [1], data: Float32Array.of(4815) } as const;
    const error = await failure(
      async () => (await extractorOf([ROOF]))({ roof: secret }),
      'input_invalid',
    );
    expect(error.message).toContain('"roof"');
    expect(error.message).not.toContain('4815');
  });

  it('refuses a name that the spec lacks, and quotes neither it nor its value', async () => {
    const error = await failure(
      async () => (await extractorOf([AREA, ROOMS]))({ area: 1, rooms: 2, jane_doe: 4815 }),
      'input_invalid',
    );
    expect(error.message).toContain('area, rooms');
    expect(error.message).not.toMatch(/jane_doe|4815/);
  });

  it('does not take what an object inherits for an input', async () => {
    const named: One = { name: 'constructor', kind: 'numeric', fill: 7 };
    expect([...(await extractorOf([named]))({}).tensors.x!.data]).toEqual([7]);
  });
});

describe('a bare value', () => {
  it('is taken where the model has one input', async () => {
    expect((await extractorOf([ROOMS]))(4).tensors.x!.data).toEqual(Float32Array.of(4));
  });

  it('is refused where it has several', async () => {
    const error = await failure(
      async () => (await extractorOf([AREA, ROOMS]))(4815),
      'input_invalid',
    );
    expect(error.message).toMatch(/has 2 inputs: pass an object with area, rooms/);
    expect(error.message).not.toContain('4815');
  });

  it('may be a typed array or a tensor, which are not maps of inputs', async () => {
    const signal: One = { name: 'signal', kind: 'tensor', shape: [null] };
    const extract = await extractorOf([signal]);
    const data = Float32Array.of(1, 2, 3);
    const tensor = { type: 'float32', dims: [3], data } as const;
    expect(extract(data).tensors.x).toEqual(tensor);
    expect(extract(tensor).tensors.x).toEqual(tensor);
  });
});

describe('which graph input is written', () => {
  const a: One = { name: 'a', kind: 'numeric' };
  const b: One = { name: 'b', kind: 'numeric' };

  it('is the only one where the spec names none', async () => {
    expect(
      Object.keys((await extractorOf([a, b], ['dense_input']))({ a: 1, b: 2 }).tensors),
    ).toEqual(['dense_input']);
  });

  it('is the one of the same name where there are several', async () => {
    const { tensors } = (await extractorOf([a, b], ['b', 'a']))({ a: 1, b: 2 });
    expect(tensors.a!.data).toEqual(Float32Array.of(1));
    expect(tensors.b!.data).toEqual(Float32Array.of(2));
  });

  it('is the one that the spec names', async () => {
    const inputs = [
      { ...a, tensor: 'left' },
      { ...b, tensor: 'right' },
    ];
    const { tensors } = (await extractorOf(inputs, ['left', 'right']))({ a: 1, b: 2 });
    expect(tensors.left!.data).toEqual(Float32Array.of(1));
    expect(tensors.right!.data).toEqual(Float32Array.of(2));
  });
});
