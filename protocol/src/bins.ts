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

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;
const LOW = 1 - HIGH;

/**
 * Upper edges of the first seven sub-bins of an octave: the largest doubles that are not above
 * 2^(k/8), so that every double falls where exact arithmetic puts it. Literals, because an engine's
 * `Math.pow` may differ in the last bit; compared by the high and low words of their mantissa.
 */
const EDGES = [
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: Math.SQRT2 is above the root of 2
  1.0905077326652575, 1.189207115002721, 1.2968395546510096, 1.414213562373095, 1.5422108254079407,
  1.681792830507429, 1.8340080864093424,
];
const EDGE_HIGH = new Uint32Array(EDGES.length);
const EDGE_LOW = new Uint32Array(EDGES.length);
EDGES.forEach((edge, k) => {
  float[0] = edge;
  EDGE_HIGH[k] = words[HIGH]! & 0xfffff;
  EDGE_LOW[k] = words[LOW]!;
});

/** A guess from the top six mantissa bits that is at most one sub-bin too low. */
const GUESS = new Uint8Array(64);
for (let top = 0; top < 64; top++) {
  let k = 0;
  while (k < EDGES.length && EDGE_HIGH[k]! < top << 14) k++;
  GUESS[top] = k;
}

/** Which of the 208 bins of one side holds `magnitude`, 2⁻⁶ < magnitude ≤ 2²⁰. */
function sideBin(magnitude: number): number {
  float[0] = magnitude;
  const high = words[HIGH]!;
  const low = words[LOW]!;
  const mantissa = high & 0xfffff;
  const octave = (high >>> 20) - 1023 - MIN_EXPONENT;
  // Upper bounds are inclusive: an exact power of two belongs to the octave below.
  if (mantissa === 0 && low === 0) return octave * PER_OCTAVE - 1;
  let k = GUESS[mantissa >>> 14]!;
  while (
    k < EDGES.length &&
    (mantissa > EDGE_HIGH[k]! || (mantissa === EDGE_HIGH[k]! && low > EDGE_LOW[k]!))
  ) {
    k++;
  }
  return octave * PER_OCTAVE + k;
}

const LEAST = 2 ** MIN_EXPONENT;
const MOST = 2 ** MAX_EXPONENT;

/** The bin of a centred value z; NaN and ±Infinity have bins of their own. */
export function binOfZ(z: number): number {
  if (z > LEAST) {
    if (z > MOST) return z === Number.POSITIVE_INFINITY ? POSITIVE_INFINITY : OVERFLOW;
    return ZERO + 1 + sideBin(z);
  }
  if (z < -LEAST) {
    if (z < -MOST) return z === Number.NEGATIVE_INFINITY ? NEGATIVE_INFINITY : UNDERFLOW;
    return ZERO - 1 - sideBin(-z);
  }
  return Number.isNaN(z) ? NAN : ZERO;
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

/** Upper edge in z of the k-th bin of a side, counted from the zero band. */
function sideEdge(k: number): number {
  const octave = Math.floor(k / PER_OCTAVE) + MIN_EXPONENT;
  const sub = k % PER_OCTAVE;
  return sub === 0 ? 2 ** octave : EDGES[sub - 1]! * 2 ** octave;
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
