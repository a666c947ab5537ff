/** Sinks for features beside the counter. */
import type { FeatureSink } from '../features.ts';

/** Feeds several at once. */
export class Tee implements FeatureSink {
  readonly #sinks: readonly FeatureSink[];

  constructor(sinks: readonly FeatureSink[]) {
    this.#sinks = sinks;
  }

  number(name: string, value: number | null | undefined): void {
    for (const sink of this.#sinks) sink.number(name, value);
  }

  category(name: string, value: string | null | undefined): void {
    for (const sink of this.#sinks) sink.category(name, value);
  }
}

interface Range {
  min: number;
  max: number;
}

/** The least and the greatest finite value of each series. */
export class Extremes implements FeatureSink {
  readonly #ranges = new Map<string, Range>();

  number(name: string, value: number | null | undefined): void {
    if (value === null || value === undefined || !Number.isFinite(value)) return;
    const range = this.#ranges.get(name);
    if (range === undefined) this.#ranges.set(name, { min: value, max: value });
    else if (value < range.min) range.min = value;
    else if (value > range.max) range.max = value;
  }

  category(): void {}

  /** Nothing of a series without a finite value. */
  of(name: string): Range | undefined {
    return this.#ranges.get(name);
  }
}
