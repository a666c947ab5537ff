/**
 * The drift detection method: Gama, Medas, Castillo & Rodrigues (2004), Learning with drift detection,
 * SBIA, 286–295. An error rate that rises above its best by so many standard deviations, as
 * `river.drift.binary.DDM` defines it.
 */
export interface DdmOptions {
  /** Values up to which nothing is told. */
  least?: number;
  /** Standard deviations above the best. */
  warning?: number;
  drift?: number;
}

export class Ddm {
  readonly #least: number;
  readonly #warning: number;
  readonly #drift: number;
  #n = 0;
  #rate = 0;
  #bestRate = Number.POSITIVE_INFINITY;
  #bestSigma = Number.POSITIVE_INFINITY;

  constructor({ least = 30, warning = 2, drift = 3 }: DdmOptions = {}) {
    this.#least = least;
    this.#warning = warning;
    this.#drift = drift;
  }

  /**
   * @param error 1 wrong, 0 right, or a rate between.
   * @returns what is told; after `drift` the next value is the first of a new stream.
   */
  update(error: number): 'stable' | 'warning' | 'drift' {
    this.#n++;
    this.#rate += (error - this.#rate) / this.#n;
    const sigma = Math.sqrt((this.#rate * (1 - this.#rate)) / this.#n);
    if (this.#n <= this.#least) return 'stable';
    const level = this.#rate + sigma;
    if (level <= this.#bestRate + this.#bestSigma) {
      this.#bestRate = this.#rate;
      this.#bestSigma = sigma;
    }
    if (level > this.#bestRate + this.#drift * this.#bestSigma) {
      this.#n = 0;
      this.#rate = 0;
      this.#bestRate = Number.POSITIVE_INFINITY;
      this.#bestSigma = Number.POSITIVE_INFINITY;
      return 'drift';
    }
    return level > this.#bestRate + this.#warning * this.#bestSigma ? 'warning' : 'stable';
  }
}
