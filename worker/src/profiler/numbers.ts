/** Counts of the numbers of one series, at the pace of the loop that makes them. */
import {
  ABOVE_RANGE,
  BELOW_RANGE,
  binCount,
  binOf,
  FIRST_ATOM,
  MISSING,
  NEGATIVE_INFINITY,
  roughBinOfZ,
  roughBinsOf,
  type Transform,
} from '@siskin/protocol';

/** Marks of a bin: none is 0, and one that says that atoms lie in it is this and the first one's index. */
const MARKED = 1;
const MARKED_ATOM = 2;

/** Values that are placed at a time: few enough for the nearest cache. */
const CHUNK = 256;
const bins = new Uint16Array(CHUNK);
const marked = new Uint16Array(CHUNK + 1);

/**
 * Counts what `binOf` and `rangeBinOf` say of every value. Most values lie in a bin in which nothing
 * else can be said of them: it is finite, inside the range, and no atom is in it. So the other bins are
 * marked beforehand, and only their values are looked at twice; that there are atoms costs the rest
 * nothing.
 */
export class NumberCounts {
  /** By bin. */
  readonly counts: Uint32Array;
  /** Marks of the bins before the atoms', then the counts: an engine checks each array it reads. */
  readonly #cells: Uint32Array;
  readonly #transform: Transform;
  // Begun as a double, so that an engine keeps them as doubles.
  #center = Number.NaN;
  #scale = Number.NaN;
  /** By atom: the mark that its bin would have without it. */
  readonly #next: number[] = [];

  constructor(transform: Transform) {
    const { atoms, min, max } = transform;
    this.#transform = transform;
    this.#center = transform.center;
    this.#scale = transform.scale;
    const cells = new Uint32Array(FIRST_ATOM + binCount(transform));
    this.#cells = cells;
    this.counts = cells.subarray(FIRST_ATOM);
    // Bins are in the order of their values, so what is out of range lies in the range's last bins or
    // beyond.
    const first = this.#plainBinOf(min);
    const last = max === Number.POSITIVE_INFINITY ? FIRST_ATOM : this.#plainBinOf(max);
    for (let bin = 0; bin < FIRST_ATOM; bin++) {
      if (bin <= NEGATIVE_INFINITY || bin <= first || bin >= last) cells[bin] = MARKED;
    }
    for (let i = atoms.length - 1; i >= 0; i--) {
      const bin = this.#plainBinOf(atoms[i]!);
      this.#next[i] = cells[bin]!;
      cells[bin] = MARKED_ATOM + i;
    }
  }

  add(value: number | null | undefined): void {
    if (value === null || value === undefined) {
      this.counts[MISSING]!++;
      return;
    }
    const bin = roughBinOfZ((value - this.#center) / this.#scale);
    const cells = this.#cells;
    cells[FIRST_ATOM + bin]!++;
    if (cells[bin] !== 0) this.#addAgain(value, bin);
  }

  /** All of them, as {@link add} does each; a typed array in a third of the time. */
  addAll(values: ArrayLike<number | null | undefined>): void {
    if (!ArrayBuffer.isView(values)) {
      for (let i = 0; i < values.length; i++) this.add(values[i]);
      return;
    }
    const numbers = values as ArrayLike<number>;
    for (let from = 0; from < numbers.length; from += CHUNK) {
      const n = roughBinsOf(numbers, from, this.#center, this.#scale, bins);
      const found = countBins(this.#cells, n);
      for (let i = 0; i < found; i++) {
        const at = marked[i]!;
        this.#addAgain(numbers[from + at]!, bins[at]!);
      }
    }
  }

  /** A value that was counted in a marked bin. */
  #addAgain(value: number, counted: number): void {
    const { atoms, min, max } = this.#transform;
    const { counts } = this;
    let bin = counted <= NEGATIVE_INFINITY ? this.#plainBinOf(value) : counted;
    let mark = this.#cells[bin]!;
    while (mark >= MARKED_ATOM) {
      const atom = mark - MARKED_ATOM;
      if (atoms[atom] === value) {
        bin = FIRST_ATOM + atom;
        break;
      }
      mark = this.#next[atom]!;
    }
    if (bin !== counted) {
      counts[counted]!--;
      counts[bin]!++;
    }
    if (value < min) counts[BELOW_RANGE]!++;
    else if (value > max) counts[ABOVE_RANGE]!++;
  }

  /** As if there were no atoms. */
  #plainBinOf(value: number): number {
    return binOf(value, { ...this.#transform, atoms: [] });
  }
}

/**
 * Counts the first `n` of {@link bins} and lists in {@link marked} which of them are.
 * A loop of its own, without a call or a branch.
 */
function countBins(cells: Uint32Array, n: number): number {
  const [from, into] = [bins, marked];
  let found = 0;
  for (let i = 0; i < n; i++) {
    const bin = from[i]!;
    cells[FIRST_ATOM + bin]!++;
    into[found] = i;
    found += +(cells[bin] !== 0);
  }
  return found;
}
