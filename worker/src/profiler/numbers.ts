/** Counts of the numbers of one series: what a device does for each value, and nothing else. */
import {
  ABOVE_RANGE,
  BELOW_RANGE,
  binCount,
  binOf,
  binOfZ,
  FIRST_ATOM,
  MISSING,
  NEGATIVE_INFINITY,
  type Transform,
} from '@siskin/protocol';

/** What a bin's entry of `#odd` says beside "nothing odd", which is 0: an atom's is this and its index. */
const ODD = 1;
const FIRST_ODD_ATOM = 2;

/**
 * As {@link binOf} and `rangeBinOf` say of every value. Most values lie in a bin in which there is
 * nothing to ask: no atom, inside the range, finite. So bins are marked once, and a value is looked at
 * only where its bin is marked; how many atoms there are makes no difference to the others.
 */
export class NumberCounts {
  readonly counts: Uint32Array;
  readonly #transform: Transform;
  readonly #center: number;
  readonly #scale: number;
  /** By bin: 0, {@link ODD}, or the first of the atoms that lie in it. */
  readonly #odd = new Uint16Array(FIRST_ATOM);
  /** By atom: the next one of the same bin. */
  readonly #next: Uint16Array;

  constructor(transform: Transform) {
    const { atoms, min, max } = transform;
    this.counts = new Uint32Array(binCount(transform));
    this.#transform = transform;
    this.#center = transform.center;
    this.#scale = transform.scale;
    this.#next = new Uint16Array(atoms.length);
    // A value outside the range lies in the bin of the range's end or beyond it.
    const lowest = this.#plainBinOf(min);
    const highest = max === Number.POSITIVE_INFINITY ? FIRST_ATOM : this.#plainBinOf(max);
    for (let bin = 0; bin < FIRST_ATOM; bin++) {
      if (bin <= NEGATIVE_INFINITY || bin <= lowest || bin >= highest) this.#odd[bin] = ODD;
    }
    for (let i = atoms.length - 1; i >= 0; i--) {
      const bin = this.#plainBinOf(atoms[i]!);
      this.#next[i] = this.#odd[bin]!;
      this.#odd[bin] = FIRST_ODD_ATOM + i;
    }
  }

  add(value: number | null | undefined): void {
    const { counts } = this;
    if (value === null || value === undefined) {
      counts[MISSING]!++;
      return;
    }
    const bin = binOfZ((value - this.#center) / this.#scale);
    if (this.#odd[bin] === 0) counts[bin]!++;
    else this.#addOdd(value, bin);
  }

  addAll(values: ArrayLike<number | null | undefined>): void {
    const { counts } = this;
    const odd = this.#odd;
    const center = this.#center;
    const scale = this.#scale;
    const place = binOfZ;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value === null || value === undefined) counts[0]!++;
      else {
        const bin = place((value - center) / scale);
        if (odd[bin] === 0) counts[bin]!++;
        else this.#addOdd(value, bin);
      }
    }
  }

  #addOdd(value: number, plainBin: number): void {
    const { atoms, min, max } = this.#transform;
    let bin = plainBin;
    // A finite value whose z is not, or none.
    if (bin <= NEGATIVE_INFINITY) bin = this.#plainBinOf(value);
    for (let at = this.#odd[bin]!; at >= FIRST_ODD_ATOM; at = this.#next[at - FIRST_ODD_ATOM]!) {
      if (atoms[at - FIRST_ODD_ATOM] === value) {
        bin = FIRST_ATOM + at - FIRST_ODD_ATOM;
        break;
      }
    }
    this.counts[bin]!++;
    if (value < min) this.counts[BELOW_RANGE]!++;
    else if (value > max) this.counts[ABOVE_RANGE]!++;
  }

  /** As if there were no atoms. */
  #plainBinOf(value: number): number {
    return binOf(value, { ...this.#transform, atoms: [] });
  }
}
