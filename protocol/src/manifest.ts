/**
 * The manifest: which versions of which models the devices of an app run. Static-file semantics:
 * cacheable, servable from any CDN, every reference by hash. A rollback is a new, higher sequence.
 */
import * as v from 'valibot';
import { bucketOf } from './bucketing.ts';
import { SiskinError } from './errors.ts';
import { PcaSchema } from './pca.ts';
import { DataSeriesSchema } from './series.ts';
import { issuesOf, ModelSpecSchema } from './spec.ts';

const Sha256 = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 is 64 lower-case hex digits'),
);
const Bytes = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(4 * 2 ** 30));
const Instant = v.pipe(v.string(), v.isoTimestamp());

const ArtifactSchema = v.strictObject({
  /** Path beside the spec, as the model's other files refer to it. */
  name: v.string(),
  sha256: Sha256,
  bytes: Bytes,
  /** Absolute, or relative to the manifest's own URL. */
  url: v.string(),
});

const VersionSchema = v.strictObject({
  spec: ModelSpecSchema,
  files: v.pipe(v.array(ArtifactSchema), v.minLength(1)),
  selfTest: v.optional(ArtifactSchema),
  series: v.array(DataSeriesSchema),
  pca: v.optional(PcaSchema),
});

const RolloutSchema = v.strictObject({
  strategy: v.literal('canary'),
  version: v.string(),
  /** Share of devices in the canary arm, 0 … 1. Only ever widens under one salt. */
  share: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  salt: v.pipe(v.string(), v.minLength(1)),
});

const ModelSchema = v.pipe(
  v.strictObject({
    champion: v.string(),
    rollout: v.optional(RolloutSchema),
    versions: v.record(v.string(), VersionSchema),
  }),
  v.check((m) => Object.hasOwn(m.versions, m.champion), 'the champion is not among the versions'),
  v.check(
    (m) => m.rollout === undefined || Object.hasOwn(m.versions, m.rollout.version),
    'the canary is not among the versions',
  ),
);

export const ManifestSchema = v.strictObject({
  v: v.literal(1),
  app: v.string(),
  /** Never decreases on a device. */
  sequence: v.pipe(v.number(), v.integer(), v.minValue(1)),
  issued: Instant,
  /** From then on a device keeps what it runs and takes nothing new. */
  expires: Instant,
  models: v.record(v.string(), ModelSchema),
});

export const MANIFEST_TYPE = 'application/vnd.siskin.manifest+json';

export type Manifest = v.InferOutput<typeof ManifestSchema>;
export type ManifestModel = v.InferOutput<typeof ModelSchema>;
export type ManifestVersion = v.InferOutput<typeof VersionSchema>;
export type Artifact = v.InferOutput<typeof ArtifactSchema>;
export type Rollout = v.InferOutput<typeof RolloutSchema>;

/** @throws SiskinError `manifest_invalid`. */
export function parseManifest(value: unknown): Manifest {
  const result = v.safeParse(ManifestSchema, value);
  if (!result.success)
    throw new SiskinError(
      'manifest_invalid',
      `the manifest is invalid: ${issuesOf(result.issues)}`,
    );
  return result.output;
}

/** Which arm of a model this device is in, and so which version it runs. */
export function armOf(
  model: ManifestModel,
  deviceId: string,
): { arm: 'champion' | 'canary'; version: string } {
  const { rollout } = model;
  if (rollout !== undefined && bucketOf(rollout.salt, deviceId) < rollout.share) {
    return { arm: 'canary', version: rollout.version };
  }
  return { arm: 'champion', version: model.champion };
}
