/** An input like those of the reference, for a model that came without golden cases. */
import {
  FIRST_CATEGORY,
  type InputSpec,
  type ModelSpec,
  type ReferenceProfile,
  SERIES,
  tensorData,
  volumeOf,
} from '@siskin/protocol';
import type { Input, InputValue } from '@siskin/worker/reference';
import { isOrdered, massesOf, quantile, segmentsOf } from '../distribution.ts';

/**
 * Numbers are the reference's medians and categories its most frequent ones; where the profile does not
 * say, what the spec fills in, or its mean. An image is grey, a sound silent, a tensor all zeros, a
 * text made of the vocabulary's first words.
 */
export function typicalInput(
  { inputs }: Pick<ModelSpec, 'inputs'>,
  profile: ReferenceProfile,
): Input {
  return Object.fromEntries(inputs.map((input) => [input.name, typicalOf(input, profile)]));
}

function typicalOf(input: InputSpec, profile: ReferenceProfile): InputValue {
  switch (input.kind) {
    case 'numeric':
      return medianOf(profile, input.name) ?? input.fill ?? input.mean;
    case 'categorical':
      return mostFrequent(profile, input.name) ?? input.categories[0]!;
    case 'text':
      return input.vocabulary?.slice(0, WORDS).join(' ') ?? 'a text';
    case 'image': {
      const { width, height } = input;
      return { width, height, data: new Uint8Array(width * height * 3).fill(128) };
    }
    case 'audio':
      return new Float32Array(input.length ?? Math.ceil(input.sampleRate));
    case 'tensor': {
      const dims = input.shape.map((dim) => dim ?? 1);
      const zeros = new Array<number>(volumeOf(dims)).fill(0);
      return { type: input.type, dims, data: tensorData(input.type, zeros) };
    }
  }
}

const WORDS = 8;

function seriesOf(profile: ReferenceProfile, input: string) {
  return profile.series.find(({ definition }) => definition.name === SERIES.input(input));
}

function medianOf(profile: ReferenceProfile, input: string): number | undefined {
  const found = seriesOf(profile, input);
  if (found === undefined || !isOrdered(found.definition)) return undefined;
  const segments = segmentsOf(found.definition);
  return quantile(segments, massesOf(segments, found.counts), 0.5);
}

function mostFrequent(profile: ReferenceProfile, input: string): string | undefined {
  const found = seriesOf(profile, input);
  if (found?.definition.kind !== 'category') return undefined;
  const { categories } = found.definition;
  let most: string | undefined;
  let times = 0;
  for (let i = 0; i < found.counts.length; i += 2) {
    const category = categories[found.counts[i]! - FIRST_CATEGORY];
    if (category === undefined || found.counts[i + 1]! <= times) continue;
    most = category;
    times = found.counts[i + 1]!;
  }
  return most;
}
