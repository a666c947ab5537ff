import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ABOVE_RANGE,
  BELOW_RANGE,
  binCount,
  binOf,
  binOfZ,
  boundsOf,
  FIRST_ATOM,
  FIRST_VALUE_BIN,
  IDENTITY,
  MISSING,
  NAN,
  NEGATIVE_INFINITY,
  OVERFLOW,
  POSITIVE_INFINITY,
  rangeBinOf,
  roughBinsOf,
  type Transform,
  UNDERFLOW,
  UNIT_BINS,
  UNIT_INVALID,
  UNIT_MISSING,
  UNIT_SIZE,
  unitBinOf,
  ZERO,
} from './bins.ts';

const float = new Float64Array(1);
const bits = new BigUint64Array(float.buffer);

/** The double that is `steps` representable values above (or below) a positive one. */
function ulps(value: number, steps: number): number {
  float[0] = value;
  bits[0] = bits[0]! + BigInt(steps);
  return float[0]!;
}

const bitLength = (n: bigint) => n.toString(2).length;

/**
 * The bin of z > 0 by exact integer arithmetic. z = m·2^e with an integer m, so bin i of its side,
 * 2^(i/8 − 6) < z ≤ 2^((i+1)/8 − 6), is the i with 2^i < m⁸·2^(8e + 48) ≤ 2^(i+1): the bit length of
 * m⁸ − 1, shifted. Nothing is rounded, and none of the code's tables is used.
 */
function exactBin(z: number): number {
  float[0] = z;
  const exponent = Number((bits[0]! >> 52n) & 0x7ffn);
  const fraction = bits[0]! & 0xfffffffffffffn;
  const m = exponent === 0 ? fraction : fraction | (1n << 52n);
  const e = Math.max(exponent, 1) - 1075;
  const i = bitLength(m ** 8n - 1n) + 8 * e + 48 - 1;
  if (i < 0) return ZERO;
  return i >= 208 ? OVERFLOW : ZERO + 1 + i;
}

/** Any positive finite double, every exponent alike. */
const anyPositive = fc
  .tuple(fc.integer({ min: 0, max: 2046 }), fc.bigInt({ min: 0n, max: 2n ** 52n - 1n }))
  .map(([exponent, fraction]) => {
    bits[0] = (BigInt(exponent) << 52n) | fraction;
    return float[0]!;
  })
  .filter((value) => value > 0);

/** Within the octaves that have bins, and just outside. */
const binned = fc
  .tuple(fc.integer({ min: -8, max: 22 }), fc.bigInt({ min: 0n, max: 2n ** 52n - 1n }))
  .map(([exponent, fraction]) => {
    bits[0] = (BigInt(exponent + 1023) << 52n) | fraction;
    return float[0]!;
  });

describe('binOfZ', () => {
  it('has the layout of its table', () => {
    expect([MISSING, NAN, POSITIVE_INFINITY, NEGATIVE_INFINITY]).toEqual([0, 1, 2, 3]);
    expect([BELOW_RANGE, ABOVE_RANGE, FIRST_VALUE_BIN]).toEqual([4, 5, 6]);
    expect([UNDERFLOW, ZERO, OVERFLOW, FIRST_ATOM]).toEqual([6, 215, 424, 425]);
    expect(binOfZ(-(2 ** 20))).toBe(7);
    expect(binOfZ(ulps(2 ** -6, 1))).toBe(216);
    expect(binOfZ(2 ** 20)).toBe(423);
  });

  it('puts an exact power of two into the octave below, one ulp more into the next', () => {
    for (let exponent = -5; exponent <= 20; exponent++) {
      const power = 2 ** exponent;
      const top = ZERO + 8 * (exponent + 6);
      expect(binOfZ(power), `2^${exponent}`).toBe(top);
      expect(binOfZ(ulps(power, -1)), `2^${exponent} − 1 ulp`).toBe(top);
      expect(binOfZ(ulps(power, 1)), `2^${exponent} + 1 ulp`).toBe(top + 1);
    }
  });

  it('switches at the doubles around every edge of every octave', () => {
    for (let exponent = -6; exponent < 20; exponent++) {
      for (let k = 1; k < 8; k++) {
        const near = 2 ** (exponent + k / 8);
        for (const step of [-2, -1, 0, 1, 2]) {
          const z = ulps(near, step);
          expect(binOfZ(z), `${z}`).toBe(exactBin(z));
        }
        expect(binOfZ(ulps(near, 2))).toBe(binOfZ(ulps(near, -2)) + 1);
      }
    }
  });

  it('agrees with exact arithmetic on any double', () => {
    fc.assert(
      fc.property(fc.oneof(binned, anyPositive), (z) => {
        expect(binOfZ(z)).toBe(exactBin(z));
      }),
      { numRuns: 5000 },
    );
  });

  it('mirrors negative values', () => {
    fc.assert(
      fc.property(fc.oneof(binned, anyPositive), (z) => {
        expect(binOfZ(-z) - ZERO).toBe(ZERO - binOfZ(z));
      }),
    );
  });

  it.each([
    ['+0', 0, ZERO],
    ['−0', -0, ZERO],
    ['the least subnormal', Number.MIN_VALUE, ZERO],
    ['the least subnormal, negative', -Number.MIN_VALUE, ZERO],
    ['the largest subnormal', 2 ** -1022 - 2 ** -1074, ZERO],
    ['the least normal', 2 ** -1022, ZERO],
    ['the end of the zero band', 2 ** -6, ZERO],
    ['the other end of the zero band', -(2 ** -6), ZERO],
    ['one ulp outside', ulps(2 ** -6, 1), ZERO + 1],
    ['one ulp outside, negative', -ulps(2 ** -6, 1), ZERO - 1],
    ['the largest binned value', 2 ** 20, OVERFLOW - 1],
    ['one ulp more', ulps(2 ** 20, 1), OVERFLOW],
    ['the least binned value', -(2 ** 20), UNDERFLOW + 1],
    ['one ulp less', -ulps(2 ** 20, 1), UNDERFLOW],
    ['the largest double', Number.MAX_VALUE, OVERFLOW],
    ['the least double', -Number.MAX_VALUE, UNDERFLOW],
    ['+Infinity', Number.POSITIVE_INFINITY, POSITIVE_INFINITY],
    ['−Infinity', Number.NEGATIVE_INFINITY, NEGATIVE_INFINITY],
    ['NaN', Number.NaN, NAN],
  ])('knows %s', (_, z, bin) => {
    expect(binOfZ(z)).toBe(bin);
  });

  it('agrees with exact arithmetic within a thousand doubles of every edge, on both sides', () => {
    const edge = fc.tuple(
      fc.integer({ min: -48, max: 160 }),
      fc.integer({ min: -1000, max: 1000 }),
    );
    fc.assert(
      fc.property(edge, ([eighth, steps]) => {
        const z = ulps(2 ** (eighth / 8), steps);
        expect(binOfZ(z)).toBe(exactBin(z));
        expect(binOfZ(-z)).toBe(2 * ZERO - exactBin(z));
      }),
      { numRuns: 5000 },
    );
  });

  it('is not misled where a float32 would round up to the next piece of an octave', () => {
    // Pieces end three quarters of an eighth of their octave below a multiple of an eighth.
    for (let exponent = -7; exponent <= 20; exponent++) {
      for (let k = 0; k < 8; k++) {
        const end = 2 ** exponent * (1 + (k + 0.25) / 8);
        for (const steps of [-(2 ** 29), -(2 ** 28), -(2 ** 28) + 1, -1, 0, 1, 2 ** 28, 2 ** 29]) {
          const z = ulps(end, steps);
          expect(binOfZ(z), `${z}`).toBe(exactBin(z));
          expect(binOfZ(-z), `${-z}`).toBe(2 * ZERO - exactBin(z));
        }
      }
    }
  });

  it('knows every NaN, whatever its bits', () => {
    for (const pattern of [0x7ff0000000000001n, 0x7ff8000000000000n, 0xffffffffffffffffn]) {
      bits[0] = pattern;
      expect(binOfZ(float[0]!)).toBe(NAN);
    }
  });

  it('never decreases with the value', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.oneof(finite, binned), fc.oneof(finite, binned), (a, b) => {
        expect(binOfZ(Math.min(a, b))).toBeLessThanOrEqual(binOfZ(Math.max(a, b)));
      }),
    );
  });
});

describe('roughBinsOf', () => {
  it('is binOfZ of every value that has a finite bin, and NAN for the others', () => {
    const any = fc.oneof(fc.double(), binned, anyPositive);
    const chunk = fc.record({
      values: fc.array(any, { maxLength: 40 }),
      from: fc.nat(40),
      center: fc.constantFrom(0, 300, -1e9),
      scale: fc.constantFrom(1, 1.25, 1e-6, Number.MIN_VALUE),
    });
    fc.assert(
      fc.property(chunk, ({ values, from, center, scale }) => {
        const into = new Uint16Array(16);
        const n = roughBinsOf(Float64Array.from(values), from, center, scale, into);
        const expected = values.slice(from, from + 16).map((value) => {
          const z = (value - center) / scale;
          return Math.abs(z) <= 2 ** 127
            ? binOfZ(z)
            : expect.toSatisfy((bin) => bin === NAN || bin === binOfZ(z));
        });
        expect([...into.slice(0, Math.max(n, 0))]).toEqual(expected);
      }),
    );
  });
});

const anyTransform: fc.Arbitrary<Transform> = fc
  .record({
    center: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    scale: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
    atoms: fc.uniqueArray(fc.double({ min: -1e6, max: 1e6, noNaN: true }), {
      maxLength: 5,
      comparator: (a, b) => a === b,
    }),
  })
  .map(({ atoms, ...rest }) => ({
    ...rest,
    atoms: atoms.toSorted((a, b) => a - b),
    min: -1e6,
    max: 1e6,
  }));

describe('binOf', () => {
  it('centres and scales: (v − centre) / scale', () => {
    const transform: Transform = { ...IDENTITY, center: 300, scale: 1.25 };
    expect(binOf(300, transform)).toBe(ZERO);
    expect(binOf(301.25, transform)).toBe(exactBin(1));
    expect(binOf(297.5, transform)).toBe(ZERO - (exactBin(2) - ZERO));
  });

  it('tells N(300.1, …) from N(300, …), which bins of the value itself would not', () => {
    const transform: Transform = { ...IDENTITY, center: 300, scale: 1 };
    expect(binOf(300.1, IDENTITY)).toBe(binOf(300, IDENTITY));
    expect(binOf(300.1, transform)).not.toBe(binOf(300, transform));
  });

  it('gives atoms bins of their own, whichever zero they are', () => {
    const transform: Transform = { ...IDENTITY, atoms: [-1, 0, 7.5] };
    expect(binCount(transform)).toBe(FIRST_ATOM + 3);
    expect(binOf(-1, transform)).toBe(FIRST_ATOM);
    expect(binOf(0, transform)).toBe(FIRST_ATOM + 1);
    expect(binOf(-0, transform)).toBe(FIRST_ATOM + 1);
    expect(binOf(7.5, transform)).toBe(FIRST_ATOM + 2);
    expect(binOf(ulps(7.5, 1), transform)).toBe(binOfZ(7.5));
  });

  it.each([
    [null, MISSING],
    [undefined, MISSING],
    [Number.NaN, NAN],
    [Number.POSITIVE_INFINITY, POSITIVE_INFINITY],
    [Number.NEGATIVE_INFINITY, NEGATIVE_INFINITY],
  ])('counts %s apart under every transform', (value, bin) => {
    fc.assert(
      fc.property(anyTransform, (transform) => {
        expect(binOf(value, transform)).toBe(bin);
      }),
    );
  });

  it('keeps finite values out of the bins of infinities, even where z overflows', () => {
    const narrow: Transform = { ...IDENTITY, scale: Number.MIN_VALUE };
    expect(binOf(1, narrow)).toBe(OVERFLOW);
    expect(binOf(-1, narrow)).toBe(UNDERFLOW);
    const far: Transform = { ...IDENTITY, center: -Number.MAX_VALUE };
    expect(binOf(Number.MAX_VALUE, far)).toBe(OVERFLOW);
    expect(binOf(-Number.MAX_VALUE, { ...far, center: Number.MAX_VALUE })).toBe(UNDERFLOW);
  });

  it('lands in a bin whose bounds contain the value', () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(value, anyTransform, (v, transform) => {
        const { lower, upper } = boundsOf(binOf(v, transform), transform);
        // Bounds are computed in the value's own unit and so rounded there.
        const slack = 4 * Number.EPSILON * (Math.abs(v) + 2 * Math.abs(transform.center));
        expect(v).toBeGreaterThanOrEqual(lower - slack);
        expect(v).toBeLessThanOrEqual(upper + slack);
      }),
      { numRuns: 2000 },
    );
  });

  it('has bounds that contain z exactly, upper end included, lower excluded', () => {
    fc.assert(
      fc.property(binned, (z) => {
        const bin = binOf(z, IDENTITY);
        const { lower, upper } = boundsOf(bin, IDENTITY);
        expect(z).toBeGreaterThan(lower);
        expect(z).toBeLessThanOrEqual(upper);
      }),
    );
  });
});

describe('boundsOf', () => {
  it('lays bins end to end over the whole line', () => {
    for (let bin = UNDERFLOW; bin < OVERFLOW; bin++) {
      expect(boundsOf(bin, IDENTITY).upper).toBe(boundsOf(bin + 1, IDENTITY).lower);
    }
    expect(boundsOf(UNDERFLOW, IDENTITY)).toEqual({ lower: -Infinity, upper: -(2 ** 20) });
    expect(boundsOf(ZERO, IDENTITY)).toEqual({ lower: -(2 ** -6), upper: 2 ** -6 });
    expect(boundsOf(OVERFLOW, IDENTITY)).toEqual({ lower: 2 ** 20, upper: Infinity });
  });

  it('is at most 4.4 % from its mid-point (2^(1/8) − 1) / (2^(1/8) + 1)', () => {
    for (let bin = ZERO + 1; bin < OVERFLOW; bin++) {
      const { lower, upper } = boundsOf(bin, IDENTITY);
      expect((upper - lower) / (upper + lower)).toBeLessThanOrEqual(0.044);
      expect((upper - lower) / (upper + lower)).toBeCloseTo(0.04329, 4);
    }
  });

  it('is in the unit of the feature', () => {
    const transform: Transform = { ...IDENTITY, center: 100, scale: 10, atoms: [3] };
    // z = 1 is the upper end of its bin, 2^(−1/8) = 0.917004… its lower one.
    const { lower, upper } = boundsOf(exactBin(1), transform);
    expect(lower).toBeCloseTo(109.1700404320467, 10);
    expect(upper).toBe(110);
    expect(boundsOf(FIRST_ATOM, transform)).toEqual({ lower: 3, upper: 3 });
  });

  it.each([MISSING, NAN, POSITIVE_INFINITY, NEGATIVE_INFINITY, BELOW_RANGE, ABOVE_RANGE])(
    'refuses bin %i, which holds no ordered value',
    (bin) => {
      expect(() => boundsOf(bin, IDENTITY)).toThrow(RangeError);
    },
  );

  it('refuses a bin beyond the last', () => {
    expect(() => boundsOf(FIRST_ATOM, IDENTITY)).toThrow(RangeError);
  });
});

describe('rangeBinOf', () => {
  const transform: Transform = { ...IDENTITY, min: -2, max: 5 };

  it.each([
    [-2.000001, BELOW_RANGE],
    [-2, -1],
    [0, -1],
    [5, -1],
    [5.000001, ABOVE_RANGE],
    [Number.NEGATIVE_INFINITY, BELOW_RANGE],
    [Number.POSITIVE_INFINITY, ABOVE_RANGE],
    [Number.NaN, -1],
    [null, -1],
    [undefined, -1],
  ])('%s → %i', (value, bin) => {
    expect(rangeBinOf(value, transform)).toBe(bin);
  });

  it('has no range without a reference', () => {
    expect(rangeBinOf(Number.MAX_VALUE, IDENTITY)).toBe(-1);
  });
});

describe('unitBinOf', () => {
  it.each([
    [0, 0],
    [-0, 0],
    [Number.MIN_VALUE, 0],
    [ulps(0.02, -1), 0],
    [0.02, 1],
    [0.5, 25],
    [ulps(0.5, -1), 24],
    [ulps(1, -1), 49],
    [1, 49],
    [ulps(1, 1), UNIT_INVALID],
    [-Number.MIN_VALUE, UNIT_INVALID],
    [Number.NaN, UNIT_INVALID],
    [Number.POSITIVE_INFINITY, UNIT_INVALID],
    [null, UNIT_MISSING],
    [undefined, UNIT_MISSING],
  ])('%s → %i', (value, bin) => {
    // An index of −0 is an index of 0.
    expect(unitBinOf(value) || 0).toBe(bin);
  });

  it('never decreases, and fills exactly its bins', () => {
    const probability = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(probability, probability, (a, b) => {
        expect(unitBinOf(Math.min(a, b))).toBeLessThanOrEqual(unitBinOf(Math.max(a, b)));
        expect(unitBinOf(a)).toBeLessThan(UNIT_BINS);
      }),
    );
    expect(UNIT_SIZE).toBe(52);
  });
});
