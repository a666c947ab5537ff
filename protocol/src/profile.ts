/**
 * The reference profile of a model version: how its inputs and outputs looked on reference data.
 * The series' transforms go to the device; the counts stay with the collector, which compares.
 */
import * as v from 'valibot';
import { UNIT_BINS, UNIT_SIZE } from './bins.ts';
import { SiskinError } from './errors.ts';
import { faultOf, type SparseCounts } from './histogram.ts';
import { PcaSchema } from './pca.ts';
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
  /** Components of the inputs; goes to the device, which counts `inputs/reconstruction` by it. */
  pca: v.optional(PcaSchema),
  /** Of a classification whose truths are known. */
  outcomes: v.optional(
    v.strictObject({
      /** Counts of the tables of these names, as a device would send them. */
      reliability: v.array(v.number()),
      confusion: v.optional(v.array(v.number())),
      /** Isotonic: by confidence bin, the share of right answers to expect; never falls. */
      calibration: v.pipe(
        v.array(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
        v.length(UNIT_BINS),
      ),
    }),
  ),
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
  const { outcomes, pca } = result.output;
  const fault =
    outcomes === undefined
      ? undefined
      : faultOf(outcomes.reliability, UNIT_SIZE * 2, Number.MAX_SAFE_INTEGER);
  const unknown = pca?.features.find(({ series }) => !names.has(series));
  const wrong =
    fault !== undefined
      ? `outcomes.reliability: ${fault}`
      : unknown !== undefined
        ? `pca.features: the profile has no series "${unknown.series}"`
        : undefined;
  if (wrong !== undefined) {
    throw new SiskinError('profile_invalid', `the reference profile is invalid: ${wrong}`);
  }
  return result.output;
}

export function definitionsOf(profile: ReferenceProfile): DataSeries[] {
  return profile.series.map((series) => series.definition);
}

export function referenceCounts(profile: ReferenceProfile, name: string): SparseCounts | undefined {
  return profile.series.find((series) => series.definition.name === name)?.counts;
}
