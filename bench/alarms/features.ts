/**
 * What the simulated models take: thirty features, each a rising function of a standard normal value, so
 * that devices' habits are alike whatever a feature's kind. `normal` is the plan's world; `mixed` has
 * prices with many zeros, whole numbers, categories, probabilities and missing values, as real inputs do.
 */
import {
  binOf,
  type ComparableSeries,
  categoryBinOf,
  MISSING,
  rangeBinOf,
  type SparseCounts,
  sizeOf,
  toSparse,
  unitBinOf,
} from '@siskin/protocol';
import { Random } from './random.ts';

export const FEATURES = 30;
const REFERENCE_ROWS = 100_000;

/** Cells of the look-up from a standard normal value to a bin. */
const CELLS = 4096;
const REACH = 8;

export type World = 'normal' | 'mixed';

export interface Feature {
  definition: ComparableSeries;
  reference: SparseCounts;
  /** A standard normal value below it is a missing one. */
  missingBelow: number;
  /** Distinct values are so few that Evidently takes it for a category. */
  few: boolean;
  /** By cell: the bin of all values in it, or −1 where {@link count} has to ask. */
  cells: Int16Array;
  /** Counts a standard normal value. */
  count(dense: Uint32Array, z: number): void;
}

interface Kind {
  valueOf(z: number): number | string;
  missing?: number;
  categories?: readonly string[];
  unit?: boolean;
}

/** Ascending standard normal values: their quantiles cut categories. */
const sorted = Float64Array.from(
  { length: REFERENCE_ROWS },
  (
    (random) => () =>
      random.normal()
  )(new Random(7)),
).sort();
const quantile = (p: number): number => sorted[Math.floor(p * (sorted.length - 1))]!;

/** The last of the names is on no allow-list: it is counted as `other`. */
function category(shares: readonly number[]): Kind {
  const names = shares.map((_, i) => `c${i}`);
  const cuts = shares
    .slice(0, -1)
    .map((_, i) => quantile(shares.slice(0, i + 1).reduce((a, b) => a + b)));
  return {
    valueOf: (z) => names[cuts.filter((cut) => z >= cut).length]!,
    categories: names.length > 2 ? names.slice(0, -1) : names,
  };
}

const zipf = Array.from({ length: 40 }, (_, i) => 1 / (i + 1));
const harmonic = zipf.reduce((a, b) => a + b, 0);
const zero = quantile(0.6);

const MIXED: readonly Kind[] = [
  { valueOf: (z) => z },
  { valueOf: (z) => Math.exp(0.8 * z) },
  { valueOf: (z) => (z < zero ? 0 : Math.exp(z)) },
  { valueOf: (z) => Math.floor(Math.exp(0.7 * z + 1)) },
  { valueOf: (z) => z, missing: 0.05 },
  category([0.7, 0.3]),
  category([0.4, 0.3, 0.2, 0.09, 0.01]),
  category(zipf.map((share) => share / harmonic)),
  { valueOf: (z) => 1 / (1 + Math.exp(-1.5 * z - 1.5)), unit: true },
  { valueOf: (z) => Math.round(3000 + 5 * z) / 10, missing: 0.02 },
];

export function featuresOf(world: World): Feature[] {
  const random = new Random(1);
  return Array.from({ length: FEATURES }, (_, f) =>
    featureOf(`feature ${f}`, world === 'normal' ? MIXED[0]! : MIXED[f % MIXED.length]!, random),
  );
}

function featureOf(name: string, kind: Kind, random: Random): Feature {
  const missingBelow =
    kind.missing === undefined ? Number.NEGATIVE_INFINITY : quantile(kind.missing);
  const zs = Float64Array.from({ length: REFERENCE_ROWS }, () => random.normal());
  const definition = definitionOf(name, kind, zs);
  const place = (z: number): { bin: number; outside: number } => {
    const value = kind.valueOf(z);
    if (definition.kind === 'category') {
      return { bin: categoryBinOf(value as string, definition.categories), outside: -1 };
    }
    if (definition.kind === 'unit') return { bin: unitBinOf(value as number), outside: -1 };
    const number = value as number;
    return { bin: binOf(number, definition), outside: rangeBinOf(number, definition) };
  };
  const cells = Int16Array.from({ length: CELLS }, (_, cell) => {
    const at = (edge: number) => place((edge / CELLS) * 2 * REACH - REACH);
    const lower = at(cell);
    const upper = at(cell + 1);
    return lower.bin === upper.bin && lower.outside < 0 && upper.outside < 0 ? lower.bin : -1;
  });
  const count = (dense: Uint32Array, z: number): void => {
    const cell = Math.floor((z + REACH) * (CELLS / (2 * REACH)));
    const known = cell >= 0 && cell < CELLS ? cells[cell]! : -1;
    if (known >= 0) dense[known]!++;
    else {
      const { bin, outside } = place(z);
      dense[bin]!++;
      if (outside >= 0) dense[outside]!++;
    }
  };
  const dense = new Uint32Array(sizeOf(definition));
  for (const z of zs) {
    if (kind.missing !== undefined && random.normal() < missingBelow) dense[MISSING]!++;
    else count(dense, z);
  }
  const values = new Set(Array.from(zs.subarray(0, 1000), kind.valueOf));
  return {
    definition,
    reference: toSparse(dense),
    missingBelow,
    few: values.size <= 5,
    cells,
    count,
  };
}

function definitionOf(name: string, kind: Kind, zs: Float64Array): ComparableSeries {
  if (kind.categories !== undefined) {
    return { name, kind: 'category', categories: [...kind.categories] };
  }
  if (kind.unit === true) return { name, kind: 'unit' };
  const values = Float64Array.from(zs, (z) => kind.valueOf(z) as number).sort();
  const at = (p: number): number => values[Math.floor(p * (values.length - 1))]!;
  const times = new Map<number, number>();
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
  return {
    name,
    kind: 'numeric',
    center: at(0.5),
    scale: at(0.75) - at(0.25),
    atoms: [...times].flatMap(([value, n]) => (n >= values.length / 100 ? [value] : [])),
    min: at(0),
    max: at(1),
  };
}
