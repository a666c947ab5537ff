import {
  ABOVE_RANGE,
  BELOW_RANGE,
  binOf,
  catalogueOf,
  checkEntry,
  type DataSeries,
  FIRST_ATOM,
  IDENTITY,
  MISSING,
  NAN,
  NEGATIVE_INFINITY,
  POSITIVE_INFINITY,
  parseSpec,
  UNIT_INVALID,
  UNIT_MISSING,
  ZERO,
} from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import { Counter } from './counter.ts';

const AREA: DataSeries = {
  name: 'input/area',
  kind: 'numeric',
  center: 100,
  scale: 20,
  atoms: [0],
  min: 0,
  max: 300,
};
const DATA: DataSeries[] = [
  AREA,
  { name: 'input/roof', kind: 'category', categories: ['flat', 'hip'] },
  { name: 'output/confidence', kind: 'unit' },
];
const spec = parseSpec({
  name: 'm',
  version: 'v1',
  format: 'onnx',
  files: ['m'],
  inputs: [{ name: 'area', kind: 'numeric' }],
  outputs: [{ kind: 'classification', labels: ['no', 'yes'] }],
});
const catalogue = catalogueOf(spec, DATA);
const key = { model: 'm', version: 'v1', arm: 'champion', sequence: 3 } as const;

function count(work: (counter: Counter) => void) {
  const counter = new Counter(key, catalogue);
  work(counter);
  const entry = counter.toEntry();
  if (entry !== undefined) checkEntry(entry, catalogue); // what a device sends a collector takes
  return entry?.series ?? {};
}

describe('a number', () => {
  const bins = (value: number | null | undefined) =>
    count((counter) => counter.number('input/area', value))['input/area'];

  it.each([
    ['at the centre', 100, [ZERO, 1]],
    ['an atom', 0, [FIRST_ATOM, 1]],
    ['null', null, [MISSING, 1]],
    ['undefined', undefined, [MISSING, 1]],
    ['NaN', Number.NaN, [NAN, 1]],
    ['below the range', -1, [BELOW_RANGE, 1, binOf(-1, AREA), 1]],
    ['above the range', 301, [ABOVE_RANGE, 1, binOf(301, AREA), 1]],
    ['at the end of the range', 300, [binOf(300, AREA), 1]],
    ['+Infinity', Infinity, [POSITIVE_INFINITY, 1, ABOVE_RANGE, 1]],
    ['−Infinity', -Infinity, [NEGATIVE_INFINITY, 1, BELOW_RANGE, 1]],
  ])('%s', (_, value, expected) => {
    expect(bins(value)).toEqual(expected);
  });

  it('of a series on [0, 1]', () => {
    const counts = count((counter) => {
      for (const value of [0, 0.02, 0.999, 1, null, 1.5, Number.NaN])
        counter.number('output/confidence', value);
    })['output/confidence'];
    expect(counts).toEqual([0, 1, 1, 1, 49, 2, UNIT_MISSING, 1, UNIT_INVALID, 2]);
  });

  it('of a magnitude', () => {
    const counts = count((counter) => {
      counter.number('software/latency', 2);
      counter.number('software/latency', 2);
    })['software/latency'];
    expect(counts).toEqual([binOf(2, IDENTITY), 2]);
  });
});

describe('many numbers at once', () => {
  it.each(['input/area', 'software/latency', 'output/confidence', 'input/roof', 'input/age'])(
    'are counted as one by one: %s',
    (name) => {
      const values = [0, 0.5, 1, 100, -1, 301, Number.NaN, Infinity, -Infinity];
      const one = count((counter) => {
        for (const value of values) counter.number(name, value);
      });
      expect(count((counter) => counter.numbers(name, Float64Array.from(values)))).toEqual(one);
      expect(count((counter) => counter.numbers(name, values))).toEqual(one);
    },
  );

  it('go where numbersOf says, which has nothing for other kinds', () => {
    const counts = count((counter) => {
      counter.numbersOf('input/area')?.add(100);
      counter.number('input/area', 100);
      expect(counter.numbersOf('input/roof')).toBeUndefined();
      expect(counter.numbersOf('input/age')).toBeUndefined();
    });
    expect(counts).toEqual({ 'input/area': [ZERO, 2] });
  });
});

it('series are told apart in whatever order they come', () => {
  const counts = count((counter) => {
    const order = ['area', 'area', 'roof', 'area', 'roof', 'roof', 'age', 'area', 'age', 'roof'];
    for (const name of order) {
      if (name === 'roof') counter.category('input/roof', 'hip');
      else counter.number(`input/${name}`, 100);
    }
  });
  expect(counts).toEqual({ 'input/area': [ZERO, 4], 'input/roof': [3, 4] });
});

describe('a category', () => {
  it('falls into its own bin, or into missing or other', () => {
    const counts = count((counter) => {
      for (const value of ['hip', 'flat', 'hip', null, undefined, 'thatched'])
        counter.category('input/roof', value);
    })['input/roof'];
    expect(counts).toEqual([0, 2, 1, 1, 2, 1, 3, 2]);
  });

  it('may be added many times at once', () => {
    expect(count((counter) => counter.add('input/roof', 'flat', 40))['input/roof']).toEqual([
      2, 40,
    ]);
  });
});

describe('a pair', () => {
  it('is counted at its truth and its prediction, unknown truths as other', () => {
    const counts = count((counter) => {
      counter.pair('outcome/confusion', 'no', 'yes');
      counter.pair('outcome/confusion', 'yes', 'yes');
      counter.pair('outcome/confusion', 'perhaps', 'no');
    })['outcome/confusion'];
    // rows no, yes, other × columns no, yes, other
    expect(counts).toEqual([1, 1, 4, 1, 6, 1]);
  });

  it('of a reliability table goes by the bin of the confidence', () => {
    const counts = count((counter) => {
      counter.pair('outcome/reliability', 45, 'wrong');
      counter.pair('outcome/reliability', 45, 'right');
      counter.pair('outcome/reliability', UNIT_MISSING, 'right');
    })['outcome/reliability'];
    expect(counts).toEqual([90, 1, 91, 1, UNIT_MISSING * 2 + 1, 1]);
  });
});

describe('what the catalogue does not list', () => {
  it('is not counted', () => {
    expect(
      count((counter) => {
        counter.number('input/age', 40);
        counter.category('input/name', 'Jane');
        counter.pair('outcome/other', 'a', 'b');
      }),
    ).toEqual({});
  });

  it('as this kind of series is not counted either', () => {
    expect(
      count((counter) => {
        counter.number('input/roof', 1);
        counter.category('input/area', 'large');
        counter.pair('input/area', 'a', 'b');
        counter.number('outcome/confusion', 1);
      }),
    ).toEqual({});
  });
});

it('an entry carries its key, and only series with counts', () => {
  const counter = new Counter(key, catalogue);
  expect(counter.toEntry()).toBeUndefined();
  counter.category('user/signal', 'redo');
  expect(counter.toEntry()).toEqual({ ...key, series: { 'user/signal': [3, 1] } });
});
