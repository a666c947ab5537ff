/**
 * Principal components of a reference, for one number about all inputs together: how far a row is
 * from what the components can rebuild of it. A change in how features go together shows in it where
 * no feature alone has moved. As NannyML's data reconstruction does it: categories by the share that
 * they have in the reference, missing values filled, all standardised.
 */
import * as v from 'valibot';

const Finite = v.pipe(v.number(), v.finite());

const Feature = v.strictObject({
  /** Series of the feature, numeric or category. */
  series: v.pipe(v.string(), v.minLength(1), v.maxLength(160)),
  /** Of the reference, after filling and encoding; standardised is (x − mean) / scale. */
  mean: Finite,
  scale: v.pipe(Finite, v.minValue(Number.MIN_VALUE)),
  /** In place of what is missing or not finite. */
  fill: Finite,
  /** Of a category: share in the reference, by bin (missing, other, then the categories). */
  shares: v.optional(v.pipe(v.array(Finite), v.minLength(2), v.maxLength(1002))),
});

export const PcaSchema = v.pipe(
  v.strictObject({
    features: v.pipe(v.array(Feature), v.minLength(2), v.maxLength(1000)),
    /** Orthonormal, by falling variance: each has one number for each feature. */
    components: v.pipe(v.array(v.array(Finite)), v.minLength(1), v.maxLength(100)),
  }),
  v.check(
    ({ features, components }) => components.every((row) => row.length === features.length),
    'each component has one number for each feature',
  ),
);

export type Pca = v.InferOutput<typeof PcaSchema>;
