/**
 * ADWIN: a window that shrinks when two parts of it differ. Bifet & Gavaldà (2007), Learning from
 * time-changing data with adaptive windowing, SDM, 443–448. Its memory is an exponential histogram
 * (Datar et al. 2002) with variances after Babcock et al. (2003). Bounds, clock and bucket rules as
 * `river.drift.ADWIN` defines them.
 */
export interface AdwinOptions {
  /** Confidence of a cut. */
  delta?: number;
  /** Cuts are looked for at every so many values. */
  clock?: number;
  /** Buckets of one size; one more, and the two oldest become one of twice the size. */
  buckets?: number;
  /** Length that either part must have. */
  leastPart?: number;
  /** Values up to which nothing is told. */
  grace?: number;
}

/** The sum of 2^row values, and the sum of their squared deviations from their mean. */
interface Bucket {
  total: number;
  variance: number;
}

export class Adwin {
  readonly #delta: number;
  readonly #clock: number;
  readonly #buckets: number;
  readonly #leastPart: number;
  readonly #grace: number;
  /** By size, the smallest first; in each, the oldest first. */
  #rows: Bucket[][] = [[]];
  #width = 0;
  #total = 0;
  #variance = 0;
  #ticks = 0;
  #changed = false;

  constructor({
    delta = 0.002,
    clock = 32,
    buckets = 5,
    leastPart = 5,
    grace = 10,
  }: AdwinOptions = {}) {
    this.#delta = delta;
    this.#clock = clock;
    this.#buckets = buckets;
    this.#leastPart = leastPart;
    this.#grace = grace;
  }

  /** Values in the window, and their mean (0 without any). */
  get width(): number {
    return this.#width;
  }

  get mean(): number {
    return this.#width === 0 ? 0 : this.#total / this.#width;
  }

  /** Sum of squared deviations from the mean. */
  get variance(): number {
    return this.#variance;
  }

  /** @returns whether a change is told; the next value is then the first of a new stream. */
  update(value: number): boolean {
    if (this.#changed) this.#reset();
    this.#insert(value);
    if (++this.#ticks % this.#clock !== 0 || this.#width <= this.#grace) return false;
    while (this.#hasCut()) {
      this.#changed = true;
      this.#dropOldest();
    }
    return this.#changed;
  }

  #reset(): void {
    this.#changed = false;
    this.#rows = [[]];
    this.#width = 0;
    this.#total = 0;
    this.#variance = 0;
    this.#ticks = 0;
  }

  #insert(value: number): void {
    this.#rows[0]!.push({ total: value, variance: 0 });
    this.#width++;
    if (this.#width > 1) {
      const before = this.#width - 1;
      this.#variance += (before * (value - this.#total / before) ** 2) / this.#width;
    }
    this.#total += value;
    for (let row = 0; this.#rows[row]!.length > this.#buckets; row++) {
      const [a, b] = this.#rows[row]!.splice(0, 2) as [Bucket, Bucket];
      const n = 2 ** row;
      const between = (n / 2) * (a.total / n - b.total / n) ** 2;
      this.#rows[row + 1] ??= [];
      this.#rows[row + 1]!.push({
        total: a.total + b.total,
        variance: a.variance + b.variance + between,
      });
    }
  }

  #dropOldest(): void {
    const row = this.#rows.length - 1;
    const { total, variance } = this.#rows[row]!.shift()!;
    const n = 2 ** row;
    this.#width -= n;
    this.#total -= total;
    const rest = this.#total / this.#width;
    this.#variance -= variance + (n * this.#width * (total / n - rest) ** 2) / (n + this.#width);
    if (this.#rows[row]!.length === 0) this.#rows.pop();
  }

  /** Whether the window has two parts whose means differ; the oldest part is tried first. */
  #hasCut(): boolean {
    let older = 0;
    let olderTotal = 0;
    for (let row = this.#rows.length - 1; row >= 0; row--) {
      for (const { total } of this.#rows[row]!) {
        older += 2 ** row;
        olderTotal += total;
        const newer = this.#width - older;
        if (newer < this.#leastPart || older < this.#leastPart) continue;
        const difference = olderTotal / older - (this.#total - olderTotal) / newer;
        if (Math.abs(difference) > this.#bound(older, newer)) return true;
      }
    }
    return false;
  }

  #bound(older: number, newer: number): number {
    const confidence = Math.log((2 * Math.log(this.#width)) / this.#delta);
    const m = 1 / (older - this.#leastPart + 1) + 1 / (newer - this.#leastPart + 1);
    const variance = this.#variance / this.#width;
    return Math.sqrt(2 * m * variance * confidence) + (2 / 3) * confidence * m;
  }
}
