/**
 * Traffic of many devices: every one has its own habit, so that its predictions are alike (intra-class
 * correlation), and may come back in the next window. Thirty features, standard normal each.
 */
import {
  binOf,
  type DataSeries,
  GROUPS,
  rangeBinOf,
  type SparseCounts,
  sizeOf,
  toSparse,
} from '@siskin/protocol';

export const FEATURES = 30;
export type Numeric = Extract<DataSeries, { kind: 'numeric' }>;

/** Mulberry32: small, seeded, the same on every machine. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Standard normal, by Box and Muller. */
export function normalFrom(random: () => number): () => number {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

export interface Habits {
  /** Predictions of one device in one window. */
  each: number;
  /** Intra-class correlation of one device's predictions, 0 … 1. */
  icc: number;
  /** Share of devices that are there again in the next window. */
  returning: number;
}

interface Device {
  group: number;
  habit: Float64Array;
}

export class Traffic {
  readonly #habits: Habits;
  readonly #random: () => number;
  readonly #normal: () => number;
  readonly #devices: Device[] = [];

  constructor(habits: Habits, seed: number) {
    this.#habits = habits;
    this.#random = randomFrom(seed);
    this.#normal = normalFrom(this.#random);
  }

  /**
   * One window of n predictions.
   * @param shift is applied to the first feature's values.
   * @returns by feature, by telemetry group: sparse counts, as the collector stores them.
   */
  window(
    n: number,
    series: readonly Numeric[],
    shift: (value: number, random: () => number) => number = (value) => value,
  ): SparseCounts[][] {
    const { each, icc, returning } = this.#habits;
    const devices = Math.max(1, Math.round(n / each));
    const dense = series.map((one) =>
      Array.from({ length: GROUPS }, () => new Uint32Array(sizeOf(one))),
    );
    const between = Math.sqrt(icc);
    const within = Math.sqrt(1 - icc);
    for (let d = 0; d < devices; d++) {
      const known = this.#devices[d];
      const device = known !== undefined && this.#random() < returning ? known : this.#newDevice(d);
      for (let f = 0; f < series.length; f++) {
        const counts = dense[f]![device.group]!;
        for (let i = 0; i < each; i++) {
          let value = between * device.habit[f]! + within * this.#normal();
          if (f === 0) value = shift(value, this.#random);
          const bin = binOf(value, series[f]!);
          counts[bin]!++;
          const outside = rangeBinOf(value, series[f]!);
          if (outside >= 0) counts[outside]!++;
        }
      }
    }
    return dense.map((groups) => groups.map(toSparse));
  }

  #newDevice(at: number): Device {
    const device = {
      group: Math.floor(this.#random() * GROUPS),
      habit: Float64Array.from({ length: FEATURES }, this.#normal),
    };
    this.#devices[at] = device;
    return device;
  }
}
