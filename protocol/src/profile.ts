/**
 * The reference profile of a model version: how its inputs and outputs looked on reference data.
 * The series' transforms go to the device; the counts stay with the collector, which compares.
 */
import * as v from 'valibot';
import { SiskinError } from './errors.ts';
import { faultOf, type SparseCounts } from './histogram.ts';
import { type DataSeries, DataSeriesSchema, sizeOf } from './series.ts';
import { issuesOf } from './spec.ts';

export const ReferenceProfileSchema = v.strictObject({
  v: v.literal(1),
  /** What the reference is, for a person: data set, split, seed. */
  source: v.pipe(v.string(), v.maxLength(1000)),
  /** Rows of the reference. */
  n: v.pipe(v.number(), v.integer(), v.minValue(1)),
  series: v.pipe(
    v.array(v.strictObject({ definition: DataSeriesSchema, counts: v.array(v.number()) })),
    v.maxLength(5000),
  ),
  /** Held-out figures, such as `accuracy` or `median_relative_error`. */
  metrics: v.optional(v.record(v.string(), v.pipe(v.number(), v.finite())), {}),
});

export type ReferenceProfile = v.InferOutput<typeof ReferenceProfileSchema>;

/** @throws SiskinError `profile_invalid` naming the path of the fault. */
export function parseProfile(value: unknown): ReferenceProfile {
  const result = v.safeParse(ReferenceProfileSchema, value);
  if (!result.success) {
    throw new SiskinError(
      'profile_invalid',
      `the reference profile is invalid: ${issuesOf(result.issues)}`,
    );
  }
  const names = new Set<string>();
  for (const { definition, counts } of result.output.series) {
    const fault = names.has(definition.name)
      ? 'the series is there twice'
      : faultOf(counts, sizeOf(definition), Number.MAX_SAFE_INTEGER);
    if (fault !== undefined) {
      throw new SiskinError(
        'profile_invalid',
        `the reference profile is invalid: series "${definition.name}": ${fault}`,
      );
    }
    names.add(definition.name);
  }
  return result.output;
}

export function definitionsOf(profile: ReferenceProfile): DataSeries[] {
  return profile.series.map((series) => series.definition);
}

export function referenceCounts(profile: ReferenceProfile, name: string): SparseCounts | undefined {
  return profile.series.find((series) => series.definition.name === name)?.counts;
}
