import { binCount, binOf, IDENTITY, rangeBinOf, type Transform } from '@siskin/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberCounts } from './numbers.ts';

/** What is to be counted, by the definition of the bins. */
function defined(values: readonly (number | null | undefined)[], transform: Transform) {
  const counts = new Array<number>(binCount(transform)).fill(0);
  for (const value of values) {
    counts[binOf(value, transform)]!++;
    const outside = rangeBinOf(value, transform);
    if (outside >= 0) counts[outside]!++;
  }
  return counts;
}

function counted(values: ArrayLike<number | null | undefined>, transform: Transform) {
  const one = new NumberCounts(transform);
  for (let i = 0; i < values.length; i++) one.add(values[i]);
  const all = new NumberCounts(transform);
  all.addAll(values);
  return { one: [...one.counts], all: [...all.counts] };
}

const near = fc.integer({ min: -40, max: 40 }).map((n) => n / 8);
const number = fc.oneof(near, near, fc.double());
const transform: fc.Arbitrary<Transform> = fc.record({
  center: fc.oneof(near, fc.double({ noNaN: true, noDefaultInfinity: true })),
  scale: fc.oneof(
    fc.constantFrom(1, 0.5, 3, Number.MIN_VALUE, Number.MAX_VALUE),
    fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
  ),
  atoms: fc.uniqueArray(near, { maxLength: 30, comparator: (a, b) => a === b }),
  min: fc.oneof(near, fc.constant(Number.NEGATIVE_INFINITY)),
  max: fc.oneof(near, fc.constant(Number.POSITIVE_INFINITY)),
});

describe('numbers are counted as bins are defined', () => {
  it('where the only atom is beyond what a centred value can be', () => {
    const transform = {
      center: 0,
      scale: Number.MIN_VALUE,
      atoms: [2.25],
      min: Number.NEGATIVE_INFINITY,
      max: Number.POSITIVE_INFINITY,
    };
    const values = Float64Array.of(2.25, 2.25, 1);
    const expected = defined([...values], transform);
    expect(counted(values, transform)).toEqual({ one: expected, all: expected });
  });

  it('whatever the transform, one by one and all at once', () => {
    fc.assert(
      fc.property(transform, fc.array(number, { maxLength: 600 }), (placed, values) => {
        const expected = defined(values, placed);
        expect(counted(Float64Array.from(values), placed)).toEqual({
          one: expected,
          all: expected,
        });
      }),
      { numRuns: 500 },
    );
  });

  it('with missing ones among them', () => {
    const some = fc.array(fc.oneof(number, fc.constantFrom(null, undefined)));
    fc.assert(
      fc.property(transform, some, (placed, values) => {
        const expected = defined(values, placed);
        expect(counted(values, placed)).toEqual({ one: expected, all: expected });
      }),
    );
  });

  it('with many atoms in one bin, in no order, and some twice', () => {
    const placed = { ...IDENTITY, atoms: [0.003, 0.001, 0.002, 0.001, -0.004, 100, 100.5, 99] };
    const values = [...placed.atoms, 0.0015, 99.5, 0, -0, 0.003];
    const expected = defined(values, placed);
    expect(counted(Float64Array.from(values), placed)).toEqual({ one: expected, all: expected });
    expect(expected.slice(-8)).toEqual([2, 2, 1, 0, 1, 1, 1, 1]);
  });

  it('of a float32 array, and of more than are placed at a time', () => {
    const values = Float32Array.from({ length: 1001 }, (_, i) => Math.fround(i / 100 - 5));
    const placed = { ...IDENTITY, atoms: [0, 5], min: -4.5, max: 4 };
    const expected = defined([...values], placed);
    expect(counted(values, placed)).toEqual({ one: expected, all: expected });
  });
});
