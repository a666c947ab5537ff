import { type ModelSpecInput, parseSpec, type Tensor } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import oracle from '../../../test/oracle/features.json' with { type: 'json' };
import { failure } from '../testing/errors.ts';
import { createReader } from './answer.ts';

type Output = ModelSpecInput['outputs'][number];

function readerOf(output: Output, graph = ['y']) {
  const spec = parseSpec({
    name: 'm',
    version: 'v1',
    format: 'onnx',
    files: ['m'],
    inputs: [{ name: 'x', kind: 'numeric' }],
    outputs: [output],
  });
  return createReader(spec, graph);
}

const float = (...values: number[]): Tensor => ({
  type: 'float32',
  dims: [1, values.length],
  data: Float32Array.from(values),
});
const labels = ['a', 'b', 'c', 'd', 'e'];
const classify = (values: number[], logits = false) =>
  readerOf({ kind: 'classification', labels: labels.slice(0, values.length), logits })({
    y: float(...values),
  });

describe('classification', () => {
  it.each(oracle.answers.map((expected) => [expected.name, expected] as const))(
    'of logits agrees with SciPy: %s',
    (_, expected) => {
      const answer = classify(expected.logits, true);
      [...(answer.output as Float32Array)].forEach((share, i) => {
        expect(share).toBeCloseTo(expected.shares[i]!, 6);
      });
      expect(answer.label).toBe(labels[expected.best]);
      expect(answer.confidence).toBeCloseTo(expected.confidence, 6);
      expect(answer.margin).toBeCloseTo(expected.margin, 6);
      expect(answer.entropy).toBeCloseTo(expected.entropy, 5);
      expect(answer.empty).toBe(false);
      expect(answer.value).toBeNull();
    },
  );

  it('hands probabilities over as they are', () => {
    const y = float(0.125, 0.625, 0.25);
    const answer = readerOf({ kind: 'classification', labels: ['a', 'b', 'c'] })({ y });
    expect(answer.output).toBe(y.data);
    expect(answer).toMatchObject({ label: 'b', confidence: 0.625, margin: 0.375 });
  });

  it('of a tie answers the first label, with no margin', () => {
    expect(classify([0.25, 0.25, 0.25, 0.25])).toMatchObject({
      label: 'a',
      confidence: 0.25,
      margin: 0,
      entropy: 1,
    });
    expect(classify([0, 0.5, 0.5])).toMatchObject({ label: 'b', margin: 0 });
  });

  it('finds the runner-up wherever it stands', () => {
    expect(classify([0.5, 0.375, 0.125]).margin).toBe(0.125);
    expect(classify([0.375, 0.5, 0.125]).margin).toBe(0.125);
    expect(classify([0.375, 0.125, 0.5]).margin).toBe(0.125);
    expect(classify([0.125, 0.375, 0.5]).margin).toBe(0.125);
  });

  it('a certain answer has no entropy', () => {
    expect(classify([0, 1, 0])).toMatchObject({ confidence: 1, margin: 1, entropy: 0 });
  });

  it('keeps the rounding of float32 within 0 … 1', () => {
    expect(classify([1.000001, -0.000001])).toMatchObject({ confidence: 1, margin: 1 });
  });

  it('shows numbers that are no probabilities for what they are', () => {
    expect(classify([5, 1]).confidence).toBe(5);
  });

  it.each([
    ['NaN', [0.5, Number.NaN], false],
    ['infinity', [0.5, Number.POSITIVE_INFINITY], false],
    ['logits with NaN', [1, Number.NaN], true],
    ['logits that are all −Infinity', [-Infinity, -Infinity], true],
    ['a logit of +Infinity', [Number.POSITIVE_INFINITY, 0], true],
  ])('%s is an empty answer', (_, values, logits) => {
    expect(classify(values, logits)).toMatchObject({
      empty: true,
      label: null,
      confidence: null,
      margin: null,
      entropy: null,
    });
  });

  it('a logit of −Infinity is a label that is ruled out', () => {
    const answer = classify([0, Number.NEGATIVE_INFINITY, 0], true);
    expect([...(answer.output as Float32Array)]).toEqual([0.5, 0, 0.5]);
    expect(answer.empty).toBe(false);
  });

  it('reads integer scores', () => {
    const y: Tensor = { type: 'int64', dims: [2], data: BigInt64Array.of(0n, 1n) };
    expect(readerOf({ kind: 'classification', labels: ['a', 'b'] })({ y })).toMatchObject({
      label: 'b',
      confidence: 1,
    });
  });

  it('refuses another number of scores than labels', async () => {
    const error = await failure(
      () => readerOf({ kind: 'classification', labels: ['a', 'b'] })({ y: float(1, 0, 0) }),
      'prediction_failed',
    );
    expect(error.message).toContain("answers 3 numbers for the spec's 2 labels");
  });
});

describe('regression', () => {
  it('answers the number', () => {
    expect(readerOf({ kind: 'regression' })({ y: float(-2.5) })).toMatchObject({
      output: -2.5,
      value: -2.5,
      label: null,
      confidence: null,
      empty: false,
    });
  });

  it('undoes a logarithm', () => {
    const answer = readerOf({ kind: 'regression', transform: 'exp' })({ y: float(12) });
    expect(answer.value).toBeCloseTo(162754.791419, 5); // e¹²
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('%s is an empty answer', (value) => {
    expect(readerOf({ kind: 'regression' })({ y: float(value) }).empty).toBe(true);
  });

  it('a logarithm that overflows is an empty answer', () => {
    const answer = readerOf({ kind: 'regression', transform: 'exp' })({ y: float(1000) });
    expect(answer.empty).toBe(true);
  });

  it('refuses several numbers', () =>
    failure(() => readerOf({ kind: 'regression' })({ y: float(1, 2) }), 'prediction_failed'));
});

describe('a raw output', () => {
  const read = readerOf({ kind: 'tensor' });

  it('is handed over', () => {
    const y = float(1, 2);
    expect(read({ y })).toMatchObject({ output: y, empty: false, label: null, value: null });
  });

  it.each([
    ['without elements', float()],
    ['with NaN', float(1, Number.NaN)],
    ['with infinity', float(Number.NEGATIVE_INFINITY)],
  ])('%s is empty', (_, y) => {
    expect(read({ y }).empty).toBe(true);
  });

  it('of integers is never NaN', () => {
    const y: Tensor = { type: 'int32', dims: [1], data: Int32Array.of(7) };
    expect(read({ y }).empty).toBe(false);
  });
});

describe('which output is read', () => {
  const tensors = { first: float(1), second: float(2) };

  it("is the graph's first where the spec names none", () => {
    expect(readerOf({ kind: 'regression' }, ['second', 'first'])(tensors).value).toBe(2);
  });

  it('is the one the spec names', () => {
    const read = readerOf({ kind: 'regression', tensor: 'second' }, ['first', 'second']);
    expect(read(tensors).value).toBe(2);
  });

  it('must be there', async () => {
    const read = readerOf({ kind: 'regression', tensor: 'third' }, ['first', 'second']);
    const error = await failure(() => read(tensors), 'prediction_failed');
    expect(error.message).toContain('no output "third": its spec must name one of first, second');
  });
});
