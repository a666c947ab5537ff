import { parseSpec } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import { readerOf } from './values.ts';

const inputOf = (input: object) =>
  parseSpec({
    name: 'm',
    version: 'v1',
    format: 'onnx',
    files: ['m'],
    inputs: [{ name: 'x', ...input }],
    outputs: [{ kind: 'regression' }],
  }).inputs[0]!;
const read = (input: object, cell: unknown, texts = false) => readerOf(inputOf(input), texts)(cell);

const IMAGE = { kind: 'image', width: 2, height: 1, channels: 3 };
const IDS = { kind: 'tensor', type: 'int64', shape: [1, null] };

describe('a cell becomes', () => {
  it.each<[string, object, unknown, unknown]>([
    ['a list of numbers', { kind: 'tensor', shape: [2] }, [1, 2.5], Float32Array.of(1, 2.5)],
    ['a list in JSON', { kind: 'tensor', shape: [2] }, '[1, 2.5]', Float32Array.of(1, 2.5)],
    ['whole numbers', IDS, [1, -2], BigInt64Array.of(1n, -2n)],
    ['samples', { kind: 'audio', sampleRate: 8000 }, [0.5], Float32Array.of(0.5)],
    [
      'an image',
      IMAGE,
      { width: 2, height: 1, data: [0, 255] },
      { width: 2, height: 1, data: Uint8ClampedArray.of(0, 255) },
    ],
    ['nothing where nothing is', IDS, null, null],
    ['a text', { kind: 'text', length: 4 }, 'a b', 'a b'],
  ])('%s', (_, input, cell, value) => {
    expect(read(input, cell)).toEqual(value);
  });

  it.each<[string, object, unknown, RegExp]>([
    ['half a whole number', IDS, [1, 1.5], /element 1 of the list, "1.5", is no whole number/],
    ['an infinite whole number', IDS, [Infinity], /element 0 .* is no whole number/],
    [
      'a text in a list',
      { kind: 'tensor', shape: [2] },
      [1, 'a'],
      /element 1 .*"a".* is no number/,
    ],
    ['no list', { kind: 'tensor', shape: [2] }, '1;2', /is no list of numbers such as/],
    [
      'a byte of 300',
      IMAGE,
      { width: 1, height: 1, data: [300] },
      /element 0 .*"300".* is no byte/,
    ],
    ['an image without a size', IMAGE, { data: [1] }, /is no image: write/],
    ['a number for a text', { kind: 'text', length: 4 }, 5, /is no text/],
    ['a list for a category', { kind: 'categorical', categories: ['a'] }, [1n], /is no category/],
  ])('a fault if it is %s', (_, input, cell, text) => {
    expect(() => read(input, cell)).toThrow(text);
  });
});
