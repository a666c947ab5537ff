/**
 * Traffic of many devices: every one has its own habit, so that its predictions are alike (intra-class
 * correlation), belongs to one telemetry group for good, and may come back in the next window.
 */
import { GROUPS, MISSING, type SparseCounts, sizeOf, toSparse } from '@siskin/protocol';
import { FEATURES, type Feature } from './features.ts';
import { Random } from './random.ts';

export interface Habits {
  /** Predictions of one device in one window, on average. */
  each: number;
  /** Intra-class correlation of one device's predictions, 0 … 1. */
  icc: number;
  /** Share of devices that are there again in the next window. */
  returning: number;
  /** Some devices predict a hundred times as much as others: log-normal, σ = 1. */
  uneven?: boolean;
  /** Eight windows of every 24 have a tenth of the traffic: of the devices, or of what each predicts. */
  night?: 'devices' | 'predictions';
}

/** What happens to one feature. */
export interface Change {
  feature: number;
  /** Of the standard normal value behind it. */
  shift?(z: number, random: Random): number;
  /** Another limit below which a value is missing, standard normal. */
  missingBelow?: number;
}

const DAY = 24;
const NIGHT = 16;
const QUIET = 0.1;
/** σ of an uneven device's log activity. */
const UNEVEN = 1;

export class Traffic {
  readonly #features: readonly Feature[];
  readonly #habits: Habits;
  readonly #random: Random;
  #window = 0;
  /** Two habits of each device and feature: of the value, and of whether it is missing. */
  #habit = new Float32Array(0);
  #group = new Uint8Array(0);
  #activity = new Float32Array(0);

  constructor(features: readonly Feature[], habits: Habits, seed: number) {
    this.#features = features;
    this.#habits = habits;
    this.#random = new Random(seed);
  }

  /**
   * The next window, of n predictions by day.
   * @returns by feature, by telemetry group: sparse counts, as the collector stores them.
   */
  window(n: number, change?: Change): SparseCounts[][] {
    const { each, icc, returning, night } = this.#habits;
    const random = this.#random;
    const slots = Math.max(1, Math.round(n / each));
    const quiet = this.#window % DAY >= NIGHT;
    const active = quiet && night === 'devices' ? Math.max(1, Math.round(slots * QUIET)) : slots;
    const pace = quiet && night === 'predictions' ? QUIET : 1;
    if (this.#window === 0) this.#make(slots);
    for (let slot = 0; slot < slots; slot++) {
      if (this.#window === 0 || random.uniform() >= returning) this.#replace(slot);
    }
    this.#window++;
    const dense = this.#features.map(({ definition }) =>
      Array.from({ length: GROUPS }, () => new Uint32Array(sizeOf(definition))),
    );
    const between = Math.sqrt(icc);
    const within = Math.sqrt(1 - icc);
    for (let slot = 0; slot < active; slot++) {
      const group = this.#group[slot]!;
      const times = this.#times(each * pace * this.#activity[slot]!);
      for (let f = 0; f < FEATURES; f++) {
        const feature = this.#features[f]!;
        const counts = dense[f]![group]!;
        const changed = change?.feature === f ? change : undefined;
        const limit = changed?.missingBelow ?? feature.missingBelow;
        const habit = between * this.#habit[2 * (slot * FEATURES + f)]!;
        const lacks = between * this.#habit[2 * (slot * FEATURES + f) + 1]!;
        for (let i = 0; i < times; i++) {
          if (limit !== Number.NEGATIVE_INFINITY && lacks + within * random.normal() < limit) {
            counts[MISSING]!++;
            continue;
          }
          const z = habit + within * random.normal();
          feature.count(counts, changed?.shift === undefined ? z : changed.shift(z, random));
        }
      }
    }
    return dense.map((groups) => groups.map(toSparse));
  }

  /** Whole predictions; the fraction is left to chance. */
  #times(expected: number): number {
    const whole = Math.floor(expected);
    const rest = expected - whole;
    return rest > 0 && this.#random.uniform() < rest ? whole + 1 : whole;
  }

  #make(slots: number): void {
    this.#habit = new Float32Array(slots * FEATURES * 2);
    this.#group = new Uint8Array(slots);
    this.#activity = new Float32Array(slots);
  }

  #replace(slot: number): void {
    const random = this.#random;
    this.#group[slot] = random.integer(GROUPS);
    this.#activity[slot] =
      this.#habits.uneven === true ? Math.exp(UNEVEN * random.normal() - UNEVEN ** 2 / 2) : 1;
    if (this.#habits.icc === 0) return;
    const from = 2 * slot * FEATURES;
    for (let i = from; i < from + 2 * FEATURES; i++) this.#habit[i] = random.normal();
  }
}
