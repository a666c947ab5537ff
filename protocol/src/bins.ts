/**
 * Value → bin index and back, for numbers.
 *
 * A value is centred and scaled by its reference (z = (x − center) / scale) and falls into a
 * base-2 exponential bin of fixed scale 3: eight bins an octave, upper bound inclusive, as the
 * OpenTelemetry exponential histogram maps values
 * (https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram).
 * The scale never changes, so any two histograms of one feature add.
 *
 * Bins are numbered in the order of the values they hold:
 *
 * | index                | holds                                                       |
 * |----------------------|-------------------------------------------------------------|
 * | 0                    | missing (null or undefined)                                 |
 * | 1, 2, 3              | NaN, +Infinity, −Infinity                                   |
 * | 4, 5                 | below / above the reference's range (counted *additionally*)|
 * | 6                    | z < −2²⁰                                                    |
 * | 7 … 214              | z < −2⁻⁶, largest magnitude first                           |
 * | 215                  | \|z\| ≤ 2⁻⁶                                                 |
 * | 216 … 423            | z > 2⁻⁶                                                     |
 * | 424                  | z > 2²⁰                                                     |
 * | 425 …                | one bin for each atom of the reference                      |
 */
export const MISSING = 0;
export const NAN = 1;
export const POSITIVE_INFINITY = 2;
export const NEGATIVE_INFINITY = 3;
export const BELOW_RANGE = 4;
export const ABOVE_RANGE = 5;
export const FIRST_VALUE_BIN = 6;

const PER_OCTAVE = 8;
const MIN_EXPONENT = -6;
const MAX_EXPONENT = 20;
const SIDE = (MAX_EXPONENT - MIN_EXPONENT) * PER_OCTAVE;

export const UNDERFLOW = FIRST_VALUE_BIN;
export const ZERO = UNDERFLOW + SIDE + 1;
export const OVERFLOW = ZERO + SIDE + 1;
export const FIRST_ATOM = OVERFLOW + 1;

/** How a number is placed: belongs to the model version's reference and travels in its manifest. */
export interface Transform {
  /** Reference median, in the feature's own unit. */
  center: number;
  /** Reference interquartile range (or the documented fall-back), in the feature's own unit; > 0. */
  scale: number;
  /** Values that hold ≥ 1 % of the reference each, ascending; each has a bin of its own. */
  atoms: readonly number[];
  /** Observed range of the reference, in the feature's own unit. */
  min: number;
  max: number;
}

/** For numbers without a reference, such as latencies: z is the value itself. */
export const IDENTITY: Transform = {
  center: 0,
  scale: 1,
  atoms: [],
  min: Number.NEGATIVE_INFINITY,
  max: Number.POSITIVE_INFINITY,
};

export function binCount(transform: Transform): number {
  return FIRST_ATOM + transform.atoms.length;
}

/**
 * Upper edges of the sub-bins of an octave, from its lower end: the largest doubles that are not above
 * 2^(k/8), so that every double falls where exact arithmetic puts it. Literals, because an engine's
 * `Math.pow` may differ in the last bit.
 */
const EDGES = [
  1, 1.0905077326652575, 1.189207115002721, 1.2968395546510096,
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: Math.SQRT2 is above the root of 2
  1.414213562373095, 1.5422108254079407, 1.681792830507429, 1.8340080864093424,
];

/** Upper edge in z of the k-th bin of a side, counted from the zero band. */
function sideEdge(k: number): number {
  return EDGES[k % PER_OCTAVE]! * 2 ** (Math.floor(k / PER_OCTAVE) + MIN_EXPONENT);
}

/*
 * A bin is found without a search and without a branch on the value. The sign, the exponent and three
 * bits of the fraction of z as a float32 cut the line into pieces, eight an octave; moved down by
 * three quarters of a piece, each of them holds exactly one edge between bins. So a piece knows the
 * bin of what lies up to its edge, and what lies above it belongs to the next bin.
 *
 * That z is rounded to a float32 changes nothing: it can reach the end of its piece, but then it lies
 * above that piece's edge and not above the next one's, which is the same bin.
 */
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);
const PIECES_A_SIDE = 2 ** 11;
/** From here on lie NaN and ±Infinity, and what is so large that it shares their first piece. */
const FIRST_BESIDE = 255 * PER_OCTAVE;
const BESIDE = NAN;
const BIN = new Uint16Array(2 * PIECES_A_SIDE + 1).fill(BESIDE);
const EDGE = new Float64Array(BIN.length).fill(Number.POSITIVE_INFINITY);
for (let piece = 0; piece < FIRST_BESIDE; piece++) {
  // A float32's exponent is biased by 127.
  const k = piece - (127 + MIN_EXPONENT) * PER_OCTAVE;
  const mirrored = piece + PIECES_A_SIDE;
  BIN[piece] = ZERO + Math.min(Math.max(k, 0), SIDE + 1);
  BIN[mirrored] = 2 * ZERO - BIN[piece]!;
  if (k < 0 || k > SIDE) continue;
  EDGE[piece] = sideEdge(k);
  // Below zero an edge belongs to the bin above it: the bound is the double next below the edge.
  EDGE[mirrored] =
    -EDGE[piece]! - Number.EPSILON * 2 ** (Math.floor(k / PER_OCTAVE) + MIN_EXPONENT);
  BIN[mirrored]!--;
}

const LEAST = 2 ** MIN_EXPONENT;
const MOST = 2 ** MAX_EXPONENT;

/** {@link binOfZ} of finite z below 2¹²⁷, {@link NAN} for all else: no more than two look-ups. */
export function roughBinOfZ(z: number): number {
  float[0] = z;
  const piece = ((bits[0]! >>> 18) + 3) >>> 2;
  return BIN[piece]! + +(z > EDGE[piece]!);
}

/**
 * {@link roughBinOfZ} of (value − center) / scale, for the values from the `from`-th on.
 * @param into takes their bins, as many as it holds or as there are values left.
 * @returns how many.
 */
export function roughBinsOf(
  values: ArrayLike<number>,
  from: number,
  center: number,
  scale: number,
  into: Uint16Array,
): number {
  const n = Math.min(into.length, values.length - from);
  for (let i = 0; i < n; i++) into[i] = roughBinOfZ((values[from + i]! - center) / scale);
  return n;
}

/** The bin of a centred value z; NaN and ±Infinity have bins of their own. */
export function binOfZ(z: number): number {
  const bin = roughBinOfZ(z);
  if (bin !== BESIDE) return bin;
  if (z - z === 0) return z > 0 ? OVERFLOW : UNDERFLOW;
  return z > 0 ? POSITIVE_INFINITY : z < 0 ? NEGATIVE_INFINITY : NAN;
}

/** The bin of a value in its own unit. A finite value never lands in an infinity's bin. */
export function binOf(value: number | null | undefined, transform: Transform): number {
  if (value === null || value === undefined) return MISSING;
  const { atoms } = transform;
  for (let i = 0; i < atoms.length; i++) if (atoms[i] === value) return FIRST_ATOM + i;
  const z = (value - transform.center) / transform.scale;
  const bin = binOfZ(z);
  if (bin > NEGATIVE_INFINITY) return bin;
  if (value - value === 0) return z > 0 ? OVERFLOW : UNDERFLOW; // finite, but z overflowed
  return value > 0 ? POSITIVE_INFINITY : value < 0 ? NEGATIVE_INFINITY : NAN;
}

/** {@link BELOW_RANGE}, {@link ABOVE_RANGE} or −1: the additional count of an out-of-range value. */
export function rangeBinOf(value: number | null | undefined, transform: Transform): number {
  if (value === null || value === undefined) return -1;
  return value < transform.min ? BELOW_RANGE : value > transform.max ? ABOVE_RANGE : -1;
}

export interface Interval {
  lower: number;
  upper: number;
}

/**
 * The values a bin holds, in the feature's own unit; an atom is a point. Overflow bins start at
 * their neighbour's edge and are open towards infinity.
 * @throws RangeError for bins that hold no ordered value (missing, NaN, infinities, range counts).
 */
export function boundsOf(bin: number, transform: Transform): Interval {
  if (bin >= FIRST_ATOM) {
    const atom = transform.atoms[bin - FIRST_ATOM];
    if (atom === undefined) throw new RangeError(`bin ${bin} is beyond the last bin`);
    return { lower: atom, upper: atom };
  }
  if (bin < FIRST_VALUE_BIN) throw new RangeError(`bin ${bin} holds no ordered value`);
  let z: Interval;
  if (bin === ZERO) z = { lower: -LEAST, upper: LEAST };
  else if (bin === OVERFLOW) z = { lower: MOST, upper: Number.POSITIVE_INFINITY };
  else if (bin === UNDERFLOW) z = { lower: Number.NEGATIVE_INFINITY, upper: -MOST };
  else if (bin > ZERO) z = { lower: sideEdge(bin - ZERO - 1), upper: sideEdge(bin - ZERO) };
  else z = { lower: -sideEdge(ZERO - bin), upper: -sideEdge(ZERO - bin - 1) };
  return {
    lower: transform.center + z.lower * transform.scale,
    upper: transform.center + z.upper * transform.scale,
  };
}

/** Bins of an equal-width histogram on [0, 1], for confidences and other probabilities. */
export const UNIT_BINS = 50;
export const UNIT_MISSING = UNIT_BINS;
/** NaN or outside [0, 1]: a model that answers so is worth knowing about. */
export const UNIT_INVALID = UNIT_BINS + 1;
export const UNIT_SIZE = UNIT_BINS + 2;

export function unitBinOf(value: number | null | undefined): number {
  if (value === null || value === undefined) return UNIT_MISSING;
  if (!(value >= 0 && value <= 1)) return UNIT_INVALID;
  return value === 1 ? UNIT_BINS - 1 : Math.floor(value * UNIT_BINS);
}
