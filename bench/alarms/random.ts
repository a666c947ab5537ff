/** Seeded random numbers, the same on every machine, fast enough for thirty million draws a window. */

/** Small Fast Counter (Doty-Humphrey, PractRand): 128 bits of state, a period beyond any run's needs. */
export class Random {
  #a: number;
  #b = 0x9e3779b9 | 0;
  #c = 0x243f6a88 | 0;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    for (let i = 0; i < 16; i++) this.#next();
  }

  /** Uniform on the 32-bit integers. */
  #next(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t;
  }

  /** Uniform on [0, 1). */
  uniform(): number {
    return (this.#next() >>> 0) / 2 ** 32;
  }

  /** Uniform on 0 … below − 1. */
  integer(below: number): number {
    return Math.floor(this.uniform() * below);
  }

  /** Standard normal, by the ziggurat of Marsaglia and Tsang (2000) with 128 layers. */
  normal(): number {
    for (;;) {
      const bits = this.#next();
      const layer = bits & 127;
      const u = (bits >> 7) / 2 ** 24; // the layer's bits are not the value's (Doornik 2005)
      if (Math.abs(u) < RATIO[layer]!) return u * EDGE[layer]!;
      if (layer === 0) return u < 0 ? -this.#tail() : this.#tail();
      const x = u * EDGE[layer]!;
      const high = density(EDGE[layer]!);
      const low = density(EDGE[layer + 1]!);
      if (high + this.uniform() * (low - high) < density(x)) return x;
    }
  }

  /** A normal value beyond the last layer (Marsaglia 1964). */
  #tail(): number {
    for (;;) {
      const x = -Math.log(1 - this.uniform()) / TAIL;
      const y = -Math.log(1 - this.uniform());
      if (2 * y > x * x) return TAIL + x;
    }
  }
}

const density = (x: number): number => Math.exp(-0.5 * x * x);

/** Where the last layer ends, and the area of each. */
const TAIL = 3.442619855899;
const AREA = 9.91256303526217e-3;
const EDGE = new Float64Array(129);
const RATIO = new Float64Array(128);
EDGE[0] = AREA / density(TAIL);
EDGE[1] = TAIL;
for (let i = 2; i < 128; i++) {
  EDGE[i] = Math.sqrt(-2 * Math.log(AREA / EDGE[i - 1]! + density(EDGE[i - 1]!)));
}
for (let i = 0; i < 128; i++) RATIO[i] = EDGE[i + 1]! / EDGE[i]!;
