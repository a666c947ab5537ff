/**
 * P(U ≥ u) of the two-sample Cramér–von Mises statistic over all orders of m + n distinct values (Xiao,
 * Gordon & Yakovlev 2006): a frequency table of the statistic at every point of an m × n lattice, made of
 * its left and its lower neighbour's.
 *
 * Evidently counts in the smallest *floating* type that holds the number of orders, where that is more
 * than its bound of the statistic; for fourteen pairs of small sizes (8 and 8, 5 and 10, …) that is
 * half precision, whose eleven bits round its p-values in the fourth digit. They are followed.
 */

/** A frequency table: values and how many paths lead to each. */
interface Table {
  values: Float64Array;
  ways: Float64Array;
}

type Merge = (x: Table, y: Table, shift: number) => Table;

/** @param u Anderson's U, half-integers where there are ties; @param m 2 … 20; @param n 2 … 20. */
export function cramerVonMisesExact(u: number, m: number, n: number): number {
  const lcm = (m * n) / gcd(m, n);
  const least = floorOf(lcm ** 2 * (m + n) * (6 * u - m * n * (4 * m * n - 1)), 6 * (m * n) ** 2);
  const orders = ordersOf(m, n);
  if (orders < LARGEST_HALF && orders > lcm ** 2 * (m + n)) {
    const { values, ways } = tableOf(m, n, lcm, mergeInHalf);
    return half(waysFrom(half(least), values, ways)) / orders;
  }
  const { values, ways } = tableOf(m, n, lcm, merge);
  return waysFrom(least, values, ways) / orders;
}

function tableOf(m: number, n: number, lcm: number, join: Merge): Table {
  const none: Table = { values: new Float64Array(0), ways: new Float64Array(0) };
  const one: Table = { values: new Float64Array(1), ways: new Float64Array(1).fill(1) };
  let column = [one, ...Array.from({ length: m }, () => none)];
  for (let j = 0; j <= n; j++) {
    let below = none;
    column = column.map((left, i) => {
      below = join(below, left, ((lcm / m) * i - (lcm / n) * j) ** 2);
      return below;
    });
  }
  return column[m]!;
}

/** Of tables in ascending order. */
function merge(x: Table, y: Table, shift: number): Table {
  const values = new Float64Array(x.values.length + y.values.length);
  const ways = new Float64Array(values.length);
  let [i, j, size] = [0, 0, 0];
  while (i < x.values.length || j < y.values.length) {
    const value = Math.min(x.values[i] ?? Infinity, y.values[j] ?? Infinity);
    values[size] = value + shift;
    if (x.values[i] === value) ways[size]! += x.ways[i++]!;
    if (y.values[j] === value) ways[size]! += y.ways[j++]!;
    size++;
  }
  return { values: values.subarray(0, size), ways: ways.subarray(0, size) };
}

/**
 * With every sum rounded. Rounded values may be equal and stay apart: only the first of each table are
 * joined, and the joined ones, ascending, come first. That decides which are rounded together next.
 */
function mergeInHalf(x: Table, y: Table, shift: number): Table {
  const [inX, inY] = [firstPlaces(x.values), firstPlaces(y.values)];
  const common = [...inX.keys()].filter((value) => inY.has(value)).sort((a, b) => a - b);
  const joined = common.map((value) => half(x.ways[inX.get(value)!]! + y.ways[inY.get(value)!]!));
  const rest = (table: Table, own: Map<number, number>, other: Map<number, number>) =>
    [...table.values.keys()].filter((i) => {
      const value = table.values[i]!;
      return own.get(value) !== i || !other.has(value);
    });
  const [restX, restY] = [rest(x, inX, inY), rest(y, inY, inX)];
  const values = [...common, ...restX.map((i) => x.values[i]!), ...restY.map((i) => y.values[i]!)];
  const ways = [...joined, ...restX.map((i) => x.ways[i]!), ...restY.map((i) => y.ways[i]!)];
  const step = half(shift);
  return {
    values: Float64Array.from(values, (value) => half(value + step)),
    ways: Float64Array.from(ways),
  };
}

function firstPlaces(values: Float64Array): Map<number, number> {
  const places = new Map<number, number>();
  for (const [i, value] of values.entries()) if (!places.has(value)) places.set(value, i);
  return places;
}

function waysFrom(least: number, values: Float64Array, ways: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! >= least) sum += ways[i]!;
  return sum;
}

const LARGEST_HALF = 65504;

/** The nearest number of half precision (IEEE 754 binary16), ties to even. @param x ≥ 0, an integer. */
function half(x: number): number {
  if (x <= 2048) return x;
  const unit = 2 ** (Math.floor(Math.log2(x)) - 10);
  const units = x / unit;
  const floor = Math.floor(units);
  const up = units - floor > 0.5 || (units - floor === 0.5 && floor % 2 === 1);
  return (up ? floor + 1 : floor) * unit;
}

/** C(m + n, m). */
function ordersOf(m: number, n: number): number {
  let orders = 1;
  for (let i = 1; i <= n; i++) orders = (orders * (m + i)) / i;
  return orders;
}

function floorOf(x: number, divisor: number): number {
  const rest = x % divisor;
  return Math.round((x - rest) / divisor) - (rest < 0 ? 1 : 0);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
