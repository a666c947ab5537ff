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

/** An engine takes this for constant, and asks about an import at every use. */
const ATOMS = FIRST_ATOM;

/**
 * The mark of a bin with more to ask about its values than which bin it is. Others have the way from
 * their bin to that of the one atom that lies in it, or 0.
 */
const ASK = 2 ** 16;

/** Values that are placed at a time: few enough for the nearest cache. */
const CHUNK = 256;
const bins = new Uint16Array(CHUNK);
const asking = new Uint16Array(CHUNK + 1);

/**
 * Counts what `binOf` and `rangeBinOf` say of every value. Of most values the bin says all: they are
 * finite, inside the range, and at most one atom is near. So bins are marked beforehand, and only the
 * values of the others are looked at twice. Whether a value is its bin's atom is found without a branch,
 * which a processor could not foresee.
 */
export class NumberCounts {
  readonly #transform: Transform;
  /** Marks of the bins before the atoms', then the counts: an engine checks every array that it reads. */
  readonly #cells: Uint32Array;
  readonly #counts: Uint32Array;
  /**
   * Counts of every other value of {@link addAll}, not yet added to the counts: a processor that adds to
   * one place twice in a row waits for itself.
   */
  #others: Uint32Array | undefined;
  // Begun as doubles, so that an engine keeps them as such.
  #center = Number.NaN;
  #scale = Number.NaN;
  /** By bin: the atom that its mark leads to; undefined if there are no atoms. */
  readonly #atoms: Float64Array | undefined;
  /** By bin: the number of the first of its atoms, from 1. */
  readonly #first = new Uint16Array(ATOMS);
  /** By atom's number: that of the next one in its bin, or 0. */
  readonly #next: Uint16Array;
  /** The bin in which the only atom lies, if its values need not be asked for more; else 0. */
  #loneBin = 0;

  constructor(transform: Transform) {
    const { atoms, min, max } = transform;
    const cells = new Uint32Array(ATOMS + binCount(transform));
    this.#counts = cells.subarray(ATOMS);
    this.#transform = transform;
    this.#cells = cells;
    this.#center = transform.center;
    this.#scale = transform.scale;
    // Bins are in the order of their values: what is out of range lies in its last bins or beyond.
    const first = this.#plainBinOf(min);
    const last = max === Number.POSITIVE_INFINITY ? ATOMS : this.#plainBinOf(max);
    for (let bin = 0; bin < ATOMS; bin++) {
      if (bin <= NEGATIVE_INFINITY || bin <= first || bin >= last) cells[bin] = ASK;
    }
    this.#next = new Uint16Array(atoms.length + 1);
    if (atoms.length === 0) return;
    this.#atoms = new Float64Array(ATOMS);
    for (let i = atoms.length; i > 0; i--) {
      const bin = this.#plainBinOf(atoms[i - 1]!);
      const other = this.#first[bin]!;
      if (other !== 0) cells[bin] = ASK;
      this.#next[i] = other;
      this.#first[bin] = i;
      this.#atoms[bin] = atoms[i - 1]!;
    }
    for (const [bin, i] of this.#first.entries()) {
      if (i === 0 || cells[bin] !== 0) continue;
      cells[bin] = ATOMS - 1 + i - bin;
      // An atom whose z is infinite is asked about as every such value is: see `roughBinOfZ`.
      const isFound = roughBinOfZ((atoms[0]! - this.#center) / this.#scale) === bin;
      if (atoms.length === 1 && isFound) this.#loneBin = bin;
    }
  }

  /** By bin, of all that was added until now. */
  get counts(): Uint32Array {
    const others = this.#others;
    if (others !== undefined) {
      for (let bin = 0; bin < ATOMS; bin++) this.#counts[bin]! += others[bin]!;
      others.fill(0);
    }
    return this.#counts;
  }

  add(value: number | null | undefined): void {
    const cells = this.#cells;
    if (value === null || value === undefined) {
      cells[ATOMS + MISSING]!++;
      return;
    }
    const bin = roughBinOfZ((value - this.#center) / this.#scale);
    const mark = cells[bin]!;
    const atoms = this.#atoms;
    if (mark >= ASK) this.#ask(value, bin);
    else if (atoms === undefined) cells[ATOMS + bin]!++;
    else cells[ATOMS + bin + Math.imul(mark, +(atoms[bin] === value))]!++;
  }

  /** All of them, as {@link add} does each; a typed array in less than half the time. */
  addAll(values: ArrayLike<number | null | undefined>): void {
    if (!ArrayBuffer.isView(values)) {
      for (let i = 0; i < values.length; i++) this.add(values[i]);
      return;
    }
    const numbers = values as ArrayLike<number>;
    const cells = this.#cells;
    for (let from = 0; from < numbers.length; from += CHUNK) {
      const n = roughBinsOf(numbers, from, this.#center, this.#scale, bins);
      const found = this.#count(numbers, from, n);
      for (let i = 0; i < found; i++) {
        const at = asking[i]!;
        cells[ATOMS + bins[at]!]!--;
        this.#ask(numbers[from + at]!, bins[at]!);
      }
    }
  }

  /** @returns how many of the `n` values ask. */
  #count(values: ArrayLike<number>, from: number, n: number): number {
    const cells = this.#cells;
    this.#others ??= new Uint32Array(ATOMS);
    const others = this.#others;
    if (this.#atoms === undefined) return countPlain(cells, others, n);
    if (this.#loneBin === 0) return countAtoms(cells, this.#atoms, values, from, n);
    // A lone atom is cheaper to count by itself than to tell from its neighbours one by one.
    const listed = countLone(cells, others, this.#transform.atoms[0]!, values, from, n);
    cells[ATOMS + this.#loneBin]! -= times;
    cells[ATOMS + FIRST_ATOM]! += times;
    return listed;
  }

  /** Counts a value of which its bin does not say all. */
  #ask(value: number, roughBin: number): void {
    const counts = this.#counts;
    const { atoms, min, max } = this.#transform;
    let bin = roughBin <= NEGATIVE_INFINITY ? this.#plainBinOf(value) : roughBin;
    let atom = this.#first[bin]!;
    while (atom !== 0 && atoms[atom - 1] !== value) atom = this.#next[atom]!;
    if (atom !== 0) bin = ATOMS - 1 + atom;
    counts[bin]!++;
    if (value < min) counts[BELOW_RANGE]!++;
    else if (value > max) counts[ABOVE_RANGE]!++;
  }

  /** As if there were no atoms. */
  #plainBinOf(value: number): number {
    return binOf(value, { ...this.#transform, atoms: [] });
  }
}

/*
 * Count the first `n` of `bins`, and list in `asking` which of them ask. @returns how many.
 * Loops of their own, in which an engine finds nothing that could change an array under it.
 */

function countPlain(cells: Uint32Array, others: Uint32Array, n: number): number {
  const [found, list] = [bins, asking];
  let listed = 0;
  let i = 0;
  for (; i + 1 < n; i += 2) {
    const bin = found[i]!;
    const other = found[i + 1]!;
    cells[ATOMS + bin]!++;
    others[other]!++;
    list[listed] = i;
    listed += cells[bin]! >>> 16;
    list[listed] = i + 1;
    listed += cells[other]! >>> 16;
  }
  if (i === n) return listed;
  cells[ATOMS + found[i]!]!++;
  list[listed] = i;
  return listed + (cells[found[i]!]! >>> 16);
}

/** What {@link countLone} found of its atom. */
let times = 0;

function countLone(
  cells: Uint32Array,
  others: Uint32Array,
  atom: number,
  values: ArrayLike<number>,
  from: number,
  n: number,
): number {
  const [found, list] = [bins, asking];
  let listed = 0;
  let [a, b] = [0, 0];
  let i = 0;
  for (; i + 1 < n; i += 2) {
    const bin = found[i]!;
    const other = found[i + 1]!;
    a += +(values[from + i] === atom);
    b += +(values[from + i + 1] === atom);
    cells[ATOMS + bin]!++;
    others[other]!++;
    list[listed] = i;
    listed += cells[bin]! >>> 16;
    list[listed] = i + 1;
    listed += cells[other]! >>> 16;
  }
  if (i < n) {
    a += +(values[from + i] === atom);
    cells[ATOMS + found[i]!]!++;
    list[listed] = i;
    listed += cells[found[i]!]! >>> 16;
  }
  times = a + b;
  return listed;
}

function countAtoms(
  cells: Uint32Array,
  atoms: Float64Array,
  values: ArrayLike<number>,
  from: number,
  n: number,
): number {
  const [found, list] = [bins, asking];
  let listed = 0;
  for (let i = 0; i < n; i++) {
    const bin = found[i]!;
    const mark = cells[bin]!;
    const way = mark & (ASK - 1);
    cells[ATOMS + bin + Math.imul(way, +(atoms[bin] === values[from + i]))]!++;
    list[listed] = i;
    listed += mark >>> 16;
  }
  return listed;
}
