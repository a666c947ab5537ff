import { type InputSpec, parseSpec } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import oracle from '../../../test/oracle/features.json' with { type: 'json' };
import inputs from '../../../test/oracle/inputs/inputs.json' with { type: 'json' };
import type { InputValue } from '../api.ts';
import { failure } from '../testing/errors.ts';
import { ListSink } from '../testing/list-sink.ts';
import { tensorInput } from './tensor.ts';

type TensorSpec = Extract<InputSpec, { kind: 'tensor' }>;

function specOf(shape: (number | null)[], type: TensorSpec['type'] = 'float32'): TensorSpec {
  const spec = parseSpec({
    name: 'm',
    version: 'v1',
    format: 'onnx',
    files: ['m'],
    inputs: [{ name: 'signal', kind: 'tensor', type, shape }],
    outputs: [{ kind: 'tensor' }],
  });
  return spec.inputs[0] as TensorSpec;
}

const extract = (spec: TensorSpec, value: unknown) =>
  tensorInput(spec)(value as InputValue, new ListSink());

describe('shape', () => {
  const data = Float32Array.from({ length: 6 }, (_, i) => i);

  it.each([
    [
      [2, 3],
      [2, 3],
    ],
    [[null], [6]],
    [
      [1, null, 2],
      [1, 3, 2],
    ],
    [
      [null, 6],
      [1, 6],
    ],
  ])('%j of 6 bare elements is %j', (shape, dims) => {
    expect(extract(specOf(shape), data).dims).toEqual(dims);
  });

  it('passes the data through without a copy', () => {
    expect(extract(specOf([6]), data).data).toBe(data);
  });

  it.each([
    ['too few elements', [7], data],
    ['elements that do not divide', [4, null], data],
    ['two open dimensions', [null, null], data],
    ['dims of another shape', [2, 3], { data, dims: [3, 2] }],
    ['dims of another rank', [null, 3], { data, dims: [6] }],
    ['dims that do not hold the data', [null, 3], { data, dims: [3, 3] }],
    ['dims that are no whole numbers', [null, 4], { data, dims: [1.5, 4] }],
    ['negative dims', [null, null], { data, dims: [-2, -3] }],
    ['a wrong type of array', [6], new Float64Array(6)],
    ['numbers in a plain array', [6], [1, 2, 3, 4, 5, 6]],
    ['data in a plain array', [6], { data: [1, 2, 3, 4, 5, 6], dims: [6] }],
    ['nothing', [6], undefined],
    ['null', [6], null],
    ['a number', [6], 4815],
    ['a string', [6], 'abcdef'],
  ])('refuses %s', async (_, shape, value) => {
    const error = await failure(() => extract(specOf(shape), value), 'input_invalid');
    expect(error.message).toContain(
      `input "signal" must be a float32 tensor of shape [${shape.map((d) => d ?? '?').join(', ')}]`,
    );
  });

  it('with several open dimensions takes the dims it is told', () => {
    expect(extract(specOf([null, null]), { data, dims: [3, 2] }).dims).toEqual([3, 2]);
  });

  it('goes by the shape where dims are nothing to go by', () => {
    expect(extract(specOf([2, 3]), { data, dims: 'ab' }).dims).toEqual([2, 3]);
  });

  it('takes a tensor without elements where the shape allows it', () => {
    expect(extract(specOf([0]), new Float32Array()).dims).toEqual([0]);
    expect(extract(specOf([null, 4]), { data: new Float32Array(), dims: [0, 4] }).dims).toEqual([
      0, 4,
    ]);
  });

  it('a scalar has no dims', () => {
    expect(extract(specOf([]), Float32Array.of(1)).dims).toEqual([]);
  });

  it.each([
    ['int32', Int32Array.of(1, 2)],
    ['int64', BigInt64Array.of(1n, -2n)],
    ['uint8', Uint8Array.of(1, 2)],
    ['bool', Uint8Array.of(0, 1)],
  ] as const)('%s', async (type, data) => {
    expect(extract(specOf([2], type), data)).toEqual({ type, dims: [2], data });
    await failure(() => extract(specOf([2], type), Float32Array.of(1, 2)), 'input_invalid');
  });
});

describe('features agree with NumPy', () => {
  it.each(oracle.tensors.map((expected) => [expected.name, expected] as const))(
    '%s',
    (_, expected) => {
      const sink = new ListSink();
      const data = Float32Array.from(expected.data, Number);
      tensorInput(specOf([null]))(data, sink);
      expect(sink.get('input/signal/length')).toBe(data.length);
      expect(sink.get('input/signal/nan')).toBe(expected.nan);
      expect(sink.get('input/signal/zeros')).toBeCloseTo(expected.zeros, 12);
      for (const feature of ['norm', 'mean', 'sigma'] as const) {
        const relative = Math.abs(sink.get(`input/signal/${feature}`) as number) || 1;
        expect(
          Math.abs((sink.get(`input/signal/${feature}`) as number) - expected[feature]) / relative,
        ).toBeLessThan(1e-6);
      }
    },
  );

  it.each(inputs.tensors.map((expected) => [expected.name, expected] as const))(
    'although an offset could cancel them away: %s',
    (_, expected) => {
      const sink = new ListSink();
      tensorInput(specOf([null]))(Float32Array.from(expected.data), sink);
      for (const feature of ['norm', 'mean', 'sigma'] as const) {
        const found = sink.get(`input/signal/${feature}`) as number;
        expect(Math.abs(found - expected[feature])).toBeLessThanOrEqual(
          1e-12 * Math.abs(expected[feature]),
        );
      }
    },
  );

  it('are missing where there is nothing finite', () => {
    const sink = new ListSink();
    tensorInput(specOf([2]))(Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY), sink);
    for (const feature of ['norm', 'mean', 'sigma'])
      expect(sink.get(`input/signal/${feature}`)).toBeNull();
    expect(sink.get('input/signal/nan')).toBe(1);
  });

  it('of 64-bit integers', () => {
    const sink = new ListSink();
    tensorInput(specOf([2], 'int64'))(BigInt64Array.of(3n, -4n), sink);
    expect(sink.get('input/signal/norm')).toBe(5);
    expect(sink.get('input/signal/mean')).toBe(-0.5);
    expect(sink.get('input/signal/sigma')).toBe(3.5);
  });
});
