/**
 * A uniform sample of rows that come one after the other, however many there will be: each of n rows
 * is kept with probability capacity / n (algorithm R, Vitter 1985). While fewer rows than `capacity`
 * came, all are kept, in order.
 */
export class Reservoir {
  seen = 0;
  readonly #random: () => number;
  #capacity: number;

  /** @param random uniform on [0, 1). */
  constructor(capacity: number, random: () => number) {
    this.#capacity = capacity;
    this.#random = random;
  }

  /** Rows that are kept. */
  get size(): number {
    return Math.min(this.seen, this.#capacity);
  }

  /** Whether every row that came is kept. */
  get whole(): boolean {
    return this.seen <= this.#capacity;
  }

  /** Keeps no more than now. */
  close(): void {
    this.#capacity = this.size;
  }

  /** The place of the next row, in which it may replace another; undefined if it is not kept. */
  next(): number | undefined {
    const at = this.seen++;
    if (at < this.#capacity) return at;
    const slot = Math.floor(this.#random() * (at + 1));
    return slot < this.#capacity ? slot : undefined;
  }
}

/**
 * Uniform numbers in [0, 1), the same for the same seed: mulberry32 by Tommy Ettinger (public domain).
 * For samples, not for secrets.
 */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
