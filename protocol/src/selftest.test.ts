import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { differenceOf, parseSelfTest, tensorsOf } from './selftest.ts';
import { changed } from './specs.fixture.ts';
import { tensorData, volumeOf } from './tensor.ts';

const SELF_TEST = {
  v: 1,
  tolerance: {
    default: { absolute: 1e-4, relative: 1e-3 },
    webgpu: { absolute: 0.01, relative: 0 },
  },
  cases: [
    {
      inputs: { x: { type: 'float32', dims: [1, 2], data: [0.5, -1] } },
      outputs: { y: { type: 'float32', dims: [2], data: [10, -20] } },
    },
  ],
};
const INPUT = ['cases', 0, 'inputs', 'x'] as const;

describe('parseSelfTest', () => {
  it('takes golden cases, with tolerances by backend', () => {
    expect(parseSelfTest(SELF_TEST)).toEqual(SELF_TEST);
  });

  it("takes the demo models' and Silero's", () => {
    for (const path of [
      'demo/models/house/v1/selftest.json',
      'demo/models/digits/v1/selftest.json',
      'test/oracle/silero/v5.json',
    ]) {
      const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
      expect(parseSelfTest(JSON.parse(text)).cases.length).toBeGreaterThan(0);
    }
  });

  it.each([
    ['no tolerance', ['tolerance'], {}, 'tolerance.default'],
    [
      'a negative tolerance',
      ['tolerance', 'default', 'absolute'],
      -1,
      'tolerance.default.absolute',
    ],
    ['a tolerance of NaN', ['tolerance', 'webgpu', 'relative'], NaN, 'tolerance.webgpu.relative'],
    ['no cases', ['cases'], [], 'cases'],
    ['too little data', [...INPUT, 'data'], [1], 'cases.0.inputs.x'],
    ['too much data', [...INPUT, 'data'], [1, 2, 3], 'cases.0.inputs.x'],
    ['a value of NaN', [...INPUT, 'data', 1], null, 'cases.0.inputs.x.data.1'],
    ['a dimension of −1', [...INPUT, 'dims', 0], -1, 'cases.0.inputs.x.dims.0'],
    ['an unknown type', [...INPUT, 'type'], 'float16', 'cases.0.inputs.x.type'],
    [
      'a fraction in an integer',
      [...INPUT],
      { type: 'int64', dims: [1], data: [0.5] },
      'cases.0.inputs.x',
    ],
    [
      'an integer that JSON cannot carry',
      [...INPUT],
      { type: 'int64', dims: [1], data: [2 ** 53] },
      'cases.0.inputs.x',
    ],
    [
      'an integer of 33 bits',
      [...INPUT],
      { type: 'int32', dims: [1], data: [2 ** 31] },
      'cases.0.inputs.x',
    ],
    ['a byte of 256', [...INPUT], { type: 'uint8', dims: [1], data: [256] }, 'cases.0.inputs.x'],
    ['a truth value of 2', [...INPUT], { type: 'bool', dims: [1], data: [2] }, 'cases.0.inputs.x'],
    [
      'a number beyond float32',
      [...INPUT],
      { type: 'float32', dims: [1], data: [1e39] },
      'cases.0.inputs.x',
    ],
  ])('names %s', (_, path, value, where) => {
    expect(() => parseSelfTest(changed(SELF_TEST, path, value))).toThrow(
      expect.objectContaining({
        code: 'spec_invalid',
        message: expect.stringContaining(`${where}: `),
      }),
    );
  });
});

describe('tensors', () => {
  it('have as many elements as their dimensions multiply to', () => {
    expect([[], [3], [2, 3, 4], [5, 0]].map(volumeOf)).toEqual([1, 3, 24, 0]);
  });

  it('are typed arrays of their type', () => {
    expect(tensorData('float32', [0.1])).toEqual(Float32Array.of(0.1));
    expect(tensorData('int32', [-5])).toEqual(Int32Array.of(-5));
    expect(tensorData('int64', [Number.MAX_SAFE_INTEGER])).toEqual(
      BigInt64Array.of(9007199254740991n),
    );
    expect(tensorData('uint8', [255])).toEqual(Uint8Array.of(255));
    expect(tensorData('bool', [1, 0])).toEqual(Uint8Array.of(1, 0));
  });

  it('are made of plain ones by name', () => {
    const plain = parseSelfTest(SELF_TEST).cases[0]!.inputs;
    expect(tensorsOf(plain)).toEqual({
      x: { type: 'float32', dims: [1, 2], data: Float32Array.of(0.5, -1) },
    });
  });
});

describe('differenceOf', () => {
  const expected = parseSelfTest(SELF_TEST).cases[0]!.outputs;
  const tolerance = { absolute: 0.5, relative: 0.1 };
  const answer = (...data: number[]) => ({
    y: { type: 'float32' as const, dims: [data.length], data: Float32Array.from(data) },
  });

  it('finds none within absolute + relative · |expected|', () => {
    expect(differenceOf(answer(10, -20), expected, { absolute: 0, relative: 0 })).toBeUndefined();
    // 10 ± 1.5, −20 ± 2.5
    expect(differenceOf(answer(11.5, -22.5), expected, tolerance)).toBeUndefined();
    expect(differenceOf(answer(8.5, -17.5), expected, tolerance)).toBeUndefined();
  });

  it('passes over outputs that nobody asked about', () => {
    const more = { ...answer(10, -20), other: answer(1).y };
    expect(differenceOf(more, expected, tolerance)).toBeUndefined();
  });

  it.each([
    ['a value just outside', answer(11.625, -20), /output "y"\[0\] is 11.625, not 10/],
    ['the last value', answer(10, -17.375), /output "y"\[1\]/],
    ['NaN', answer(Number.NaN, -20), /output "y"\[0\] is NaN/],
    ['infinity', answer(10, Number.NEGATIVE_INFINITY), /output "y"\[1\] is -Infinity/],
    ['a missing value', answer(10), /1 elements, not 2/],
    ['a value too many', answer(10, -20, 0), /3 elements, not 2/],
    ['a missing output', {}, /output "y" is missing/],
  ])('finds %s', (_, got, message) => {
    expect(differenceOf(got, expected, tolerance)).toMatch(message);
  });

  it('compares 64-bit integers as numbers', () => {
    const golden = { n: { type: 'int64' as const, dims: [1], data: [3] } };
    const got = (n: bigint) => ({
      n: { type: 'int64' as const, dims: [1], data: BigInt64Array.of(n) },
    });
    expect(differenceOf(got(3n), golden, { absolute: 0, relative: 0 })).toBeUndefined();
    expect(differenceOf(got(4n), golden, { absolute: 0, relative: 0 })).toMatch(/is 4, not 3/);
  });
});
