/** Counts of one model version and arm in one window, as dense arrays. */
import {
  type Arm,
  type BatchEntry,
  bandOf,
  binCount,
  binOf,
  type Catalogue,
  categoryBinOf,
  IDENTITY,
  rangeBinOf,
  type Series,
  sizeOf,
  toSparse,
  unitBinOf,
} from '@siskin/protocol';
import type { FeatureSink } from '../features.ts';

export interface CounterKey {
  model: string;
  version: string;
  arm: Arm;
  sequence: number;
}

interface Slot {
  series: Series;
  counts: Uint32Array;
}

/**
 * What the catalogue does not list, or lists as another kind of series, is not counted: a profile
 * that disagrees with its spec may cost a count, but never a prediction.
 */
export class Counter implements FeatureSink {
  readonly key: CounterKey;
  readonly #catalogue: Catalogue;
  readonly #slots = new Map<string, Slot | null>();

  constructor(key: CounterKey, catalogue: Catalogue) {
    this.key = key;
    this.#catalogue = catalogue;
  }

  #slot(name: string): Slot | null {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const series = this.#catalogue.get(name);
    const slot = series === undefined ? null : { series, counts: new Uint32Array(sizeOf(series)) };
    this.#slots.set(name, slot);
    return slot;
  }

  number(name: string, value: number | null | undefined): void {
    const slot = this.#slot(name);
    if (slot === null) return;
    const { series, counts } = slot;
    switch (series.kind) {
      case 'numeric': {
        counts[binOf(value, series)]!++;
        const outside = rangeBinOf(value, series);
        if (outside >= 0) counts[outside]!++;
        return;
      }
      case 'magnitude':
        counts[binOf(value, IDENTITY)]!++;
        return;
      case 'unit':
        counts[unitBinOf(value)]!++;
        return;
    }
  }

  category(name: string, value: string | null | undefined): void {
    this.add(name, value, 1);
  }

  /** So many more of a category at once. */
  add(name: string, value: string | null | undefined, times: number): void {
    const slot = this.#slot(name);
    if (slot?.series.kind !== 'category') return;
    slot.counts[categoryBinOf(value, slot.series.categories)]! += times;
  }

  /** A number in the band of another one. */
  banded(name: string, at: number, value: number): void {
    const slot = this.#slot(name);
    if (slot?.series.kind !== 'banded') return;
    const { series, counts } = slot;
    const first = bandOf(at, series.edges) * binCount(series);
    counts[first + binOf(value, series)]!++;
    const outside = rangeBinOf(value, series);
    if (outside >= 0) counts[first + outside]!++;
  }

  /** A cell of a table; a row or column that the table lacks falls into its last one. */
  pair(name: string, row: string | number, column: string | number): void {
    const slot = this.#slot(name);
    if (slot?.series.kind !== 'table') return;
    const { rows, columns } = slot.series;
    slot.counts[indexIn(rows, row) * columns.length + indexIn(columns, column)]!++;
  }

  /** The wire form; undefined if nothing was counted. */
  toEntry(): BatchEntry | undefined {
    const series: BatchEntry['series'] = {};
    let any = false;
    for (const [name, slot] of this.#slots) {
      if (slot === null) continue;
      const counts = toSparse(slot.counts);
      if (counts.length === 0) continue;
      series[name] = counts;
      any = true;
    }
    return any ? { ...this.key, series } : undefined;
  }
}

function indexIn(names: readonly string[], at: string | number): number {
  if (typeof at === 'number') return Math.min(Math.max(at, 0), names.length - 1);
  const index = names.indexOf(at);
  return index < 0 ? names.length - 1 : index;
}
