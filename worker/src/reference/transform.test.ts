import {
  ABOVE_RANGE,
  BELOW_RANGE,
  binCount,
  binOf,
  FIRST_ATOM,
  rangeBinOf,
} from '@siskin/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { learnTransform, quantile } from './transform.ts';

/** `numpy.quantile(values, p)` and `numpy.std(values)`, NumPy 2.4.6. */
const NUMPY = [
  { values: [5], at: { 0: 5, 0.25: 5, 0.5: 5, 0.75: 5, 1: 5 }, std: 0 },
  {
    values: [1, 2, 3, 4],
    at: { 0.1: 1.3, 0.25: 1.75, 0.5: 2.5, 0.75: 3.25 },
    std: 1.118033988749895,
  },
  {
    // The first 20 eruptions of Old Faithful (R, data set "faithful").
    values: [
      3.6, 1.8, 3.333, 2.283, 4.533, 2.883, 4.7, 3.6, 1.95, 4.35, 1.833, 3.917, 4.2, 1.75, 4.7,
      2.167, 1.75, 4.8, 1.6, 4.25,
    ],
    at: { 0: 1.6, 0.005: 1.61425, 0.25: 1.92075, 0.5: 3.4665, 0.75: 4.275, 0.995: 4.7905, 1: 4.8 },
    std: 1.1678682063914576,
  },
  {
    values: [-9.5, -3.25, -0.125, 0.1, 0.2, 0.3, 12.75, 100],
    at: { 0.1: -5.125, 0.25: -0.90625, 0.5: 0.15, 0.75: 3.4125, 0.9: 38.925 },
    std: 33.54405204703771,
  },
  {
    values: [1e9 + 1, 1e9 + 2, 1e9 + 4, 1e9 + 8, 1e9 + 16, 1e9 + 32, 1e9 + 64],
    at: { 0.25: 1000000003, 0.5: 1000000008, 0.75: 1000000024, 0.9: 1000000044.8 },
    std: 21.2362800847214,
  },
  {
    values: [0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 7],
    at: { 0.25: 0, 0.5: 0, 0.75: 0, 0.995: 6.8 },
    std: 2.1086206372260365,
  },
];

describe('quantile', () => {
  it.each(NUMPY)('agrees with NumPy on $values', ({ values, at }) => {
    const sorted = Float64Array.from(values).sort();
    for (const [p, expected] of Object.entries(at))
      expect(quantile(sorted, Number(p))).toBeCloseTo(expected, expected > 1e6 ? 6 : 12);
  });

  it('stays within the observed values and rises with p', () => {
    const values = fc.array(
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, p) => {
        const sorted = Float64Array.from(list).sort();
        const q = quantile(sorted, p);
        expect(q).toBeGreaterThanOrEqual(sorted[0]!);
        expect(q).toBeLessThanOrEqual(sorted.at(-1)!);
        expect(q).toBeGreaterThanOrEqual(quantile(sorted, p / 2));
      }),
    );
  });
});

describe('learnTransform', () => {
  it.each(NUMPY.filter(({ at, std }) => std > 0 && at[0.75] !== at[0.25]))(
    'centres $values on the median and scales by the interquartile range',
    ({ values, at }) => {
      const transform = learnTransform(values);
      expect(transform.center).toBeCloseTo(at[0.5]!, 9);
      expect(transform.scale).toBeCloseTo(at[0.75]! - at[0.25]!, 9);
      expect(transform.min).toBe(Math.min(...values));
      expect(transform.max).toBe(Math.max(...values));
    },
  );

  it('falls back to the standard deviation, then |median|, then 1', () => {
    expect(learnTransform([0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 7]).scale).toBeCloseTo(
      2.1086206372260365,
      12,
    );
    expect(learnTransform([-28, -28, -28])).toMatchObject({ center: -28, scale: 28 });
    expect(learnTransform([0, 0, 0])).toMatchObject({ center: 0, scale: 1 });
    expect(learnTransform([])).toMatchObject({ center: 0, scale: 1, atoms: [] });
  });

  it('stays usable where the interquartile range overflows', () => {
    const { scale } = learnTransform([-Number.MAX_VALUE, Number.MAX_VALUE]);
    expect(scale).toBe(1);
  });

  it('leaves out what is missing, NaN or infinite, and writes no negative zero', () => {
    const transform = learnTransform([null, 1, undefined, Number.NaN, 3, Infinity, -Infinity, -0]);
    expect(transform).toEqual({ center: 1, scale: 1.5, atoms: [], min: 0, max: 3 });
    expect(Object.is(transform.min, 0)).toBe(true);
  });

  it('makes atoms of values that hold one per cent each', () => {
    const spread = Array.from({ length: 980 }, (_, i) => 1000 + i / 7);
    const ten = Array<number>(10).fill(7);
    const nine = Array<number>(9).fill(8);
    expect(learnTransform([...spread, ...ten, ...nine, 9]).atoms).toEqual([7]);
    expect(learnTransform([...spread, ...ten, ...nine, 9, 10]).atoms).toEqual([]);
  });

  it('makes no atoms of single values in a small reference', () => {
    expect(learnTransform([1.5, 2.5, 3.5, 4.5, 5.5, 6.5]).atoms).toEqual([]);
    expect(learnTransform([2, 2, 2, 2, 2, 3, 3, 3, 3]).atoms).toEqual([2]);
  });

  it('places every value it learnt from in one of its bins, inside its range', () => {
    const value = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: -3, max: 3 }),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), (values) => {
        const transform = learnTransform(values);
        expect(transform.scale).toBeGreaterThan(0);
        expect(transform.scale).toBeLessThan(Infinity);
        expect(transform.atoms.length).toBeLessThanOrEqual(100);
        for (const v of values) {
          const bin = binOf(v, transform);
          expect(bin).toBeGreaterThan(ABOVE_RANGE);
          expect(bin).toBeLessThan(binCount(transform));
          expect(bin >= FIRST_ATOM).toBe(transform.atoms.includes(v === 0 ? 0 : v));
          expect(rangeBinOf(v, transform)).toBe(-1);
        }
        const { min, max } = transform;
        if (min - 1 < min) expect(rangeBinOf(min - 1, transform)).toBe(BELOW_RANGE);
        if (max + 1 > max) expect(rangeBinOf(max + 1, transform)).toBe(ABOVE_RANGE);
      }),
    );
  });
});
