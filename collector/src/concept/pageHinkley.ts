/**
 * The Page–Hinkley test for a change of a mean: Page (1954), Continuous inspection schemes, Biometrika
 * 41, 100–115. Two-sided, with a forgetting factor, as `river.drift.PageHinkley` defines it.
 */
export interface PageHinkleyOptions {
  /** Values before which no change is told. */
  least?: number;
  /** A change of the mean that is tolerated. */
  delta?: number;
  /** λ: how large the sum of deviations may become. */
  threshold?: number;
  /** How much of the sums is kept at each value. */
  alpha?: number;
}

export class PageHinkley {
  readonly #least: number;
  readonly #delta: number;
  readonly #threshold: number;
  readonly #alpha: number;
  #n = 0;
  #mean = 0;
  #rise = 0;
  #fall = 0;
  #lowest = Number.POSITIVE_INFINITY;
  #highest = -1;

  constructor({
    least = 30,
    delta = 0.005,
    threshold = 50,
    alpha = 0.9999,
  }: PageHinkleyOptions = {}) {
    this.#least = least;
    this.#delta = delta;
    this.#threshold = threshold;
    this.#alpha = alpha;
  }

  /** @returns whether a change is told; the next value is then the first of a new stream. */
  update(value: number): boolean {
    this.#n++;
    this.#mean += (value - this.#mean) / this.#n;
    const deviation = value - this.#mean;
    this.#rise = this.#alpha * this.#rise + deviation - this.#delta;
    this.#fall = this.#alpha * this.#fall + deviation + this.#delta;
    this.#lowest = Math.min(this.#lowest, this.#rise);
    this.#highest = Math.max(this.#highest, this.#fall);
    const changed =
      this.#n >= this.#least &&
      (this.#rise - this.#lowest > this.#threshold || this.#highest - this.#fall > this.#threshold);
    if (changed) this.#reset();
    return changed;
  }

  #reset(): void {
    this.#n = 0;
    this.#mean = 0;
    this.#rise = 0;
    this.#fall = 0;
    this.#lowest = Number.POSITIVE_INFINITY;
    this.#highest = -1;
  }
}
