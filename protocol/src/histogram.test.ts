import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addSparse, faultOf, mergeSparse, toDense, toSparse, totalOf } from './histogram.ts';

const SIZE = 60;

const sparse = fc
  .uniqueArray(fc.tuple(fc.nat(SIZE - 1), fc.integer({ min: 1, max: 1e9 })), {
    selector: ([bin]) => bin,
    maxLength: SIZE,
  })
  .map((pairs) => pairs.toSorted(([a], [b]) => a - b).flat());

/** What a reader would do: a map from bin to count. */
function tally(...all: number[][]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const one of all) {
    for (let i = 0; i < one.length; i += 2) {
      counts.set(one[i]!, (counts.get(one[i]!) ?? 0) + one[i + 1]!);
    }
  }
  return counts;
}

describe('merging', () => {
  it('adds', () => {
    expect(mergeSparse([0, 1, 5, 2], [3, 7, 5, 1, 9, 4])).toEqual([0, 1, 3, 7, 5, 3, 9, 4]);
    expect(mergeSparse([], [3, 7])).toEqual([3, 7]);
    expect(mergeSparse([], [])).toEqual([]);
  });

  it('loses no count and moves none', () => {
    fc.assert(
      fc.property(sparse, sparse, (a, b) => {
        const merged = mergeSparse(a, b);
        expect(tally(merged)).toEqual(new Map([...tally(a, b)].sort(([x], [y]) => x - y)));
        expect(totalOf(merged)).toBe(totalOf(a) + totalOf(b));
      }),
    );
  });

  it('is commutative and associative', () => {
    fc.assert(
      fc.property(sparse, sparse, sparse, (a, b, c) => {
        expect(mergeSparse(a, b)).toEqual(mergeSparse(b, a));
        expect(mergeSparse(mergeSparse(a, b), c)).toEqual(mergeSparse(a, mergeSparse(b, c)));
      }),
    );
  });

  it('stays valid, and leaves its arguments alone', () => {
    fc.assert(
      fc.property(sparse, sparse, (a, b) => {
        const copies = [[...a], [...b]];
        expect(faultOf(mergeSparse(a, b), SIZE, 2e9)).toBeUndefined();
        expect([a, b]).toEqual(copies);
      }),
    );
  });

  it('is the same dense as sparse, in any order', () => {
    fc.assert(
      fc.property(fc.array(sparse, { maxLength: 6 }), (all) => {
        const dense = new Float64Array(SIZE);
        for (const one of all) addSparse(dense, one);
        expect(toSparse(dense)).toEqual(all.toReversed().reduce(mergeSparse, []));
      }),
    );
  });
});

describe('dense and sparse', () => {
  it('go back and forth', () => {
    fc.assert(
      fc.property(sparse, (counts) => {
        expect(toSparse(toDense(counts, SIZE))).toEqual(counts);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.nat(5)), (dense) => {
        expect([...toDense(toSparse(dense), dense.length)]).toEqual(dense);
      }),
    );
  });

  it('leaves empty bins out', () => {
    expect(toSparse([0, 0, 4, 0, 1])).toEqual([2, 4, 4, 1]);
    expect(toSparse([])).toEqual([]);
  });

  it.each([[[SIZE, 1]], [[-1, 1]], [[0, 1, 1e9, 1]], [[Number.NaN, 1]]])(
    'refuses %j, which is out of bounds',
    (counts) => {
      expect(() => toDense(counts, SIZE)).toThrow(RangeError);
    },
  );
});

describe('faultOf', () => {
  it('finds nothing in what is counted', () => {
    fc.assert(
      fc.property(sparse, (counts) => {
        expect(faultOf(counts, SIZE, 1e9)).toBeUndefined();
      }),
    );
    expect(faultOf([], SIZE, 1)).toBeUndefined();
    expect(faultOf([0, 1, SIZE - 1, 5], SIZE, 5)).toBeUndefined();
  });

  it.each([
    ['not an array', undefined, /not an array/],
    ['null', null, /not an array/],
    ['an object that looks like one', { 0: 1, 1: 1, length: 2 }, /not an array/],
    ['a string', '0,1', /not an array/],
    ['a bin without a count', [0, 1, 4], /without a count/],
    ['a bin that is a fraction', [0.5, 1], /bin 0.5 is not an integer/],
    ['a bin that is text', ['0', 1], /bin 0 is not an integer/],
    ['a bin that is null', [null, 1], /bin null is not an integer/],
    ['a bin that is NaN', [Number.NaN, 1], /bin NaN is not an integer/],
    ['a bin that is infinite', [Number.POSITIVE_INFINITY, 1], /bin Infinity is not an integer/],
    ['a negative bin', [-1, 1], /bin -1 is outside/],
    ['a bin beyond the last', [SIZE, 1], /bin 60 is outside 0…59/],
    ['a bin twice', [3, 1, 3, 1], /bin 3 is out of order/],
    ['bins that descend', [3, 1, 2, 1], /bin 2 is out of order/],
    ['a count of zero', [3, 0], /count 0 of bin 3 is not a positive integer/],
    ['a negative count', [3, -1], /count -1 of bin 3/],
    ['a count that is a fraction', [3, 1.5], /count 1.5 of bin 3/],
    ['a count that is text', [3, '1'], /count 1 of bin 3/],
    ['a count that is NaN', [3, Number.NaN], /count NaN of bin 3/],
    ['a count that is infinite', [3, Number.POSITIVE_INFINITY], /count Infinity of bin 3/],
    ['a count that is nested', [3, [1]], /count 1 of bin 3/],
    ['a hole', [3, undefined], /count undefined of bin 3/],
    ['a count beyond the bound', [3, 101], /count 101 of bin 3 exceeds 100/],
    ['a fault after good counts', [0, 1, 1, 1, 2, -5], /count -5 of bin 2/],
  ])('names %s', (_, counts, fault) => {
    expect(faultOf(counts, SIZE, 100)).toMatch(fault);
  });
});
