/** Values that the sketches are given, and how a reference would place them. */
import { type DataSeries, parseSpec } from '@siskin/protocol';
import { profileOf } from '@siskin/worker/reference';
import { randomFrom } from '../../demo/data/random.ts';

type Random = () => number;

/** Box and Muller 1958. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export interface Case {
  name: string;
  /** Whether a value is below 0, which some sketches cannot take. */
  signed: boolean;
  reference(random: Random): number;
  /** A little moved: what is to be told from the reference. */
  current(random: Random): number;
}

export const CASES: readonly Case[] = [
  {
    name: 'normal',
    signed: true,
    reference: normal,
    current: (random) => 0.1 + 1.05 * normal(random),
  },
  {
    name: 'lognormal',
    signed: false,
    reference: (random) => Math.exp(normal(random)),
    current: (random) => Math.exp(0.05 + 1.1 * normal(random)),
  },
  {
    name: 'zeros and negatives',
    signed: true,
    reference: (random) => mixture(random, 0.3, 5),
    current: (random) => mixture(random, 0.35, 5.1),
  },
  {
    name: 'far from zero',
    signed: false,
    reference: (random) => 300 + normal(random),
    current: (random) => 300.1 + 1.05 * normal(random),
  },
];

function mixture(random: Random, zeros: number, mean: number): number {
  if (random() < zeros) return 0;
  return random() < 0.5 ? -Math.exp(normal(random)) : mean + 2 * normal(random);
}

export function sample(n: number, seed: number, draw: (random: Random) => number): Float64Array {
  const random = randomFrom(seed);
  return Float64Array.from({ length: n }, () => draw(random));
}

export type NumericSeries = Extract<DataSeries, { kind: 'numeric' }>;

const SPEC = parseSpec({
  name: 'bench',
  version: 'v1',
  format: 'onnx',
  files: ['model.onnx'],
  inputs: [{ name: 'value', kind: 'numeric' }],
  outputs: [{ kind: 'regression' }],
});

/** As the reference profile of a model would say. */
export async function placedBy(reference: Float64Array): Promise<NumericSeries> {
  const rows = () => [Array.from(reference, (value) => ({ input: { value } }))];
  const { profile } = await profileOf(SPEC, undefined, rows, { source: 'bench', keep: 0 });
  const [definition] = profile.series.map((one) => one.definition);
  if (definition?.kind !== 'numeric') throw new TypeError('the values were not taken for numbers');
  return definition;
}

/** A case, and how its reference places values. */
export interface Placed extends Case {
  series: NumericSeries;
}

/** Of 1000 clients of 100 values. */
export const SAMPLE = 100_000;

export async function place(given: Case): Promise<Placed> {
  return { ...given, series: await placedBy(sample(SAMPLE, 1, given.reference)) };
}
