/**
 * Real sales and the demo's model of them, for the textbook question: which drift is it? All houses
 * here are held out: the model has never learnt their prices.
 */
import { readFileSync } from 'node:fs';
import { type ModelSpec, parseSpec, type ReferenceProfile } from '@siskin/protocol';
import { answersOf, openGraph, profileOf } from '@siskin/worker/reference';
import { type House, splitHouses } from '../../demo/data/houses.ts';

export const MODEL = new URL('../../demo/models/house/v1/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, MODEL));

/** What a house was sold for, beside what the model says of it. */
export interface Valued extends House {
  value: number;
}

/** The houses that the model has not learnt, and the profile that knows how far it is off on them. */
export async function valuedHouses(): Promise<{ heldOut: Valued[]; profile: ReferenceProfile }> {
  const spec: ModelSpec = parseSpec(JSON.parse(read('siskin.json').toString()));
  const files = new Map([['model.onnx', new Uint8Array(read('model.onnx'))]]);
  const graph = await openGraph(spec, files);
  const { training, heldOut } = splitHouses();
  const known = [...training, ...heldOut];
  const rows = known.map((house, i) => ({
    input: house.inputs,
    truth: i < training.length ? null : house.price,
  }));
  const { profile } = await profileOf(spec, graph, () => [rows], {
    source: 'Ames, built before 1990',
  });
  const answers = await answersOf(
    spec,
    graph,
    heldOut.map((house) => house.inputs),
  );
  const valued = heldOut.map((house, i) => ({ ...house, value: answers[i]!.value! }));
  return { heldOut: valued, profile };
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
