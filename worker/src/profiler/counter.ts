/** Counts of one model version and arm in one window, as dense arrays. */
import {
  type Arm,
  type BatchEntry,
  bandOf,
  binCount,
  binOf,
  type Catalogue,
  categoryBinOf,
  rangeBinOf,
  type Series,
  sizeOf,
  toSparse,
  transformOf,
  unitBinOf,
} from '@siskin/protocol';
import type { FeatureSink } from '../features.ts';
import { NumberCounts } from './numbers.ts';

export interface CounterKey {
  model: string;
  version: string;
  arm: Arm;
  sequence: number;
}

interface Slot {
  name: string;
  /** Undefined if the catalogue does not list it. */
  series: Series | undefined;
  counts: Uint32Array;
  /** What counts, if the series is one of numbers with a transform. */
  numbers: NumberCounts | undefined;
  /** What was counted after it the last time. */
  next: Slot | undefined;
}

/**
 * What the catalogue does not list, or lists as another kind of series, is not counted: a profile
 * that disagrees with its spec may cost a count, but never a prediction.
 */
export class Counter implements FeatureSink {
  readonly key: CounterKey;
  readonly #catalogue: Catalogue;
  readonly #slots = new Map<string, Slot>();
  #last: Slot | undefined;

  constructor(key: CounterKey, catalogue: Catalogue) {
    this.key = key;
    this.#catalogue = catalogue;
  }

  /** Every prediction counts the same series in the same order, so the next one is a good guess. */
  #slot(name: string): Slot {
    const guess = this.#last?.next;
    if (guess?.name === name) {
      this.#last = guess;
      return guess;
    }
    let slot = this.#slots.get(name);
    if (slot === undefined) {
      slot = slotOf(name, this.#catalogue.get(name));
      this.#slots.set(name, slot);
    }
    if (this.#last !== undefined) this.#last.next = slot;
    this.#last = slot;
    return slot;
  }

  number(name: string, value: number | null | undefined): void {
    const slot = this.#slot(name);
    if (slot.numbers !== undefined) slot.numbers.add(value);
    else if (slot.series?.kind === 'unit') slot.counts[unitBinOf(value)]!++;
  }

  /** Where numbers of one series are counted, for those who have many; undefined for other kinds. */
  numbersOf(name: string): NumberCounts | undefined {
    return this.#slot(name).numbers;
  }

  /** Many numbers of one series at once. */
  numbers(name: string, values: ArrayLike<number | null | undefined>): void {
    const numbers = this.numbersOf(name);
    if (numbers !== undefined) numbers.addAll(values);
    else for (let i = 0; i < values.length; i++) this.number(name, values[i]);
  }

  category(name: string, value: string | null | undefined): void {
    this.add(name, value, 1);
  }

  /** So many more of a category at once. */
  add(name: string, value: string | null | undefined, times: number): void {
    const { series, counts } = this.#slot(name);
    if (series?.kind !== 'category') return;
    counts[categoryBinOf(value, series.categories)]! += times;
  }

  /** A number in the band of another one. */
  banded(name: string, at: number, value: number): void {
    const { series, counts } = this.#slot(name);
    if (series?.kind !== 'banded') return;
    const first = bandOf(at, series.edges) * binCount(series);
    counts[first + binOf(value, series)]!++;
    const outside = rangeBinOf(value, series);
    if (outside >= 0) counts[first + outside]!++;
  }

  /** A cell of a table; a row or column that the table lacks falls into its last one. */
  pair(name: string, row: string | number, column: string | number): void {
    const { series, counts } = this.#slot(name);
    if (series?.kind !== 'table') return;
    const { rows, columns } = series;
    counts[indexIn(rows, row) * columns.length + indexIn(columns, column)]!++;
  }

  /** The wire form; undefined if nothing was counted. */
  toEntry(): BatchEntry | undefined {
    const series: BatchEntry['series'] = {};
    let any = false;
    for (const [name, slot] of this.#slots) {
      const counts = toSparse(slot.numbers?.counts ?? slot.counts);
      if (counts.length === 0) continue;
      series[name] = counts;
      any = true;
    }
    return any ? { ...this.key, series } : undefined;
  }
}

function slotOf(name: string, series: Series | undefined): Slot {
  const numbers =
    series?.kind === 'numeric' || series?.kind === 'magnitude'
      ? new NumberCounts(transformOf(series))
      : undefined;
  const counts = numbers?.counts ?? new Uint32Array(series === undefined ? 0 : sizeOf(series));
  return { name, series, counts, numbers, next: undefined };
}

function indexIn(names: readonly string[], at: string | number): number {
  if (typeof at === 'number') return Math.min(Math.max(at, 0), names.length - 1);
  const index = names.indexOf(at);
  return index < 0 ? names.length - 1 : index;
}
