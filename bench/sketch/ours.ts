/** The counter of a device, as it is: its bins of missing, infinite, out-of-range values and atoms too. */
import {
  ABOVE_RANGE,
  BELOW_RANGE,
  boundsOf,
  FIRST_ATOM,
  FIRST_VALUE_BIN,
  mergeSparse,
  type SparseCounts,
} from '@siskin/protocol';
import { Counter } from '@siskin/worker/reference';
import type { NumericSeries } from './cases.ts';
import type { Sketch } from './sketch.ts';

interface Counted {
  name: string;
  counter: Counter;
}

export interface Ours extends Sketch<Counted, SparseCounts> {
  /** A typed array at once. */
  insertAll(into: Counted, values: Float64Array): void;
}

export const ours: Ours = {
  name: 'siskin',
  signed: true,
  create(series) {
    const key = { model: 'bench', version: 'v1', arm: 'champion', sequence: 1 } as const;
    const counter = new Counter(key, new Map([[series.name, series]]));
    return { name: series.name, counter };
  },
  insert({ name, counter }, values) {
    const numbers = counter.numbersOf(name)!;
    for (let i = 0; i < values.length; i++) numbers.add(values[i]!);
  },
  insertByName(counted, _, values) {
    const { name, counter } = counted.values().next().value!;
    for (let i = 0; i < values.length; i++) counter.number(name, values[i]!);
  },
  insertAll({ name, counter }, values) {
    counter.numbers(name, values);
  },
  sent: ({ name, counter }) => counter.toEntry()?.series[name] ?? [],
  merge: mergeSparse,
  total(counts) {
    let total = 0;
    for (let i = 0; i < counts.length; i += 2) {
      // Out of range is counted additionally.
      if (counts[i] !== BELOW_RANGE && counts[i] !== ABOVE_RANGE) total += counts[i + 1]!;
    }
    return total;
  },
  wire: (counts) => JSON.stringify(counts),
  quantile,
};

/** Of the bin that holds it the z whose relative error is the same at both ends, in the value's unit. */
function quantile(counts: SparseCounts, p: number, series: NumericSeries): number {
  const steps = [];
  let n = 0;
  for (let i = 0; i < counts.length; i += 2) {
    if (counts[i]! < FIRST_VALUE_BIN) continue;
    const count = counts[i + 1]!;
    steps.push({ ...boundsOf(counts[i]!, series), count, atom: counts[i]! >= FIRST_ATOM });
    n += count;
  }
  steps.sort((a, b) => a.upper - b.upper || Number(b.atom) - Number(a.atom));
  const rank = Math.min(Math.floor(p * n), n - 1);
  let below = 0;
  const found = steps.find(({ count }) => {
    below += count;
    return below > rank;
  })!;
  const a = (found.lower - series.center) / series.scale;
  const b = (found.upper - series.center) / series.scale;
  return series.center + series.scale * (a * b > 0 ? (2 * a * b) / (a + b) : (a + b) / 2);
}
