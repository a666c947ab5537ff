/**
 * Real sales and the demo's model of them, for the textbook question: which drift is it? All houses
 * here are held out: the model has never learnt their prices.
 */
import { readFileSync } from 'node:fs';
import {
  type BandedSeries,
  bandOf,
  binCount,
  binOf,
  type DataSeries,
  type ModelSpec,
  parseProfile,
  parseSpec,
  type ReferenceProfile,
  SERIES,
  sizeOf,
  toSparse,
} from '@siskin/protocol';
import { answersOf, type Graph, profileOf } from '@siskin/worker/reference';
import * as ort from 'onnxruntime-web/wasm';
import { type House, splitHouses } from '../../demo/data/houses.ts';

ort.env.wasm.numThreads = 1;

export const MODEL = new URL('../../demo/models/house/v1/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, MODEL));

/** What a house was sold for, beside what the model says of it. */
export interface Valued extends House {
  value: number;
}

async function graphOf(): Promise<Graph> {
  const session = await ort.InferenceSession.create(read('model.onnx'));
  return {
    inputs: session.inputNames.map((name) => ({ name, type: 'float32', shape: [] })),
    outputs: session.outputNames,
    async run({ x }) {
      const { data, dims } = x!;
      const { log_price } = await session.run({
        x: new ort.Tensor('float32', data as Float32Array, dims),
      });
      return {
        log_price: {
          type: 'float32',
          dims: log_price!.dims,
          data: log_price!.data as Float32Array,
        },
      };
    },
  };
}

/** The houses that the model has not learnt, and the profile that knows how far it is off on them. */
export async function valuedHouses(): Promise<{ heldOut: Valued[]; profile: ReferenceProfile }> {
  const spec: ModelSpec = parseSpec(JSON.parse(read('siskin.json').toString()));
  const graph = await graphOf();
  const { training, heldOut } = splitHouses();
  const known = [...training, ...heldOut];
  const truths = known.map((house, i) => (i < training.length ? null : house.price));
  const rows = known.map((house) => house.inputs);
  const profile = await profileOf(spec, graph, rows, { source: 'Ames, built before 1990' }, truths);
  const answers = await answersOf(
    spec,
    graph,
    heldOut.map((house) => house.inputs),
  );
  const valued = heldOut.map((house, i) => ({ ...house, value: answers[i]!.value! }));
  return {
    heldOut: valued,
    profile: parseProfile({ ...profile, series: [...profile.series, ...outcomesOf(valued)] }),
  };
}

const BANDS = 8;

/** Residuals in bands of the predicted value that hold as many houses each, and the truths. */
function outcomesOf(houses: readonly Valued[]): ReferenceProfile['series'] {
  const values = houses.map(({ value }) => value).sort((a, b) => a - b);
  const edges = Array.from(
    { length: BANDS - 1 },
    (_, i) => values[Math.floor(((i + 1) * values.length) / BANDS)]!,
  );
  const residuals: BandedSeries = {
    ...transformOf(houses.map(({ price, value }) => price - value)),
    name: SERIES.residualByValue,
    kind: 'banded',
    edges,
  };
  const truths: DataSeries = {
    ...transformOf(houses.map(({ price }) => price)),
    name: SERIES.truth,
    kind: 'numeric',
  };
  const banded = new Float64Array(sizeOf(residuals));
  const told = new Float64Array(sizeOf(truths));
  for (const { price, value } of houses) {
    const band = bandOf(value, edges);
    banded[band * binCount(residuals) + binOf(price - value, residuals)]!++;
    told[binOf(price, truths)]!++;
  }
  return [
    { definition: residuals, counts: toSparse(banded) },
    { definition: truths, counts: toSparse(told) },
  ];
}

function transformOf(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (p: number) => sorted[Math.floor(p * (sorted.length - 1))]!;
  return { center: at(0.5), scale: at(0.75) - at(0.25), atoms: [], min: at(0), max: at(1) };
}

/**
 * Larger houses at the same price per square foot. They are picked by what is known before the sale:
 * their size, and the price per square foot that the model expects. By themselves, large houses cost
 * less per square foot than small ones.
 */
export function largerHouses(houses: readonly Valued[]): Valued[] {
  return houses.filter(
    ({ inputs, value }) => inputs.living_area >= 1400 && value / inputs.living_area >= 95,
  );
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

export const pricePerFoot = (houses: readonly House[]): number =>
  median(houses.map(({ price, inputs }) => price / inputs.living_area));
