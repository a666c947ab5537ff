/**
 * The manifest: which versions of which models the devices of an app run. Static-file semantics:
 * cacheable, servable from any CDN, every reference by hash. A rollback is a new, higher sequence.
 */
import * as v from 'valibot';
import { bucketOf } from './bucketing.ts';
import { SiskinError } from './errors.ts';
import { PcaSchema } from './pca.ts';
import { DataSeriesSchema } from './series.ts';
import { AutomationSchema, issuesOf, ModelSpecSchema } from './spec.ts';
import { type Capabilities, matches, TargetSchema } from './targeting.ts';

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

const Share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const Salt = v.pipe(v.string(), v.minLength(1));

/** A share of devices that only ever widens under one salt, so that nobody flips back. */
const ramp = {
  version: v.string(),
  share: Share,
  salt: Salt,
  target: v.optional(TargetSchema),
};

const RolloutSchema = v.variant('strategy', [
  /** Steps with a judge between them. */
  v.strictObject({ strategy: v.literal('canary'), ...ramp }),
  /** A ramp in time, with guardrails. */
  v.strictObject({ strategy: v.literal('rolling'), ...ramp }),
  /** Answers beside the champion, in idle time, and is never shown. */
  v.strictObject({
    strategy: v.literal('shadow'),
    ...ramp,
    /** Share of a device's predictions that are answered twice. */
    sample: Share,
  }),
  /** `live` false: downloaded, verified and warmed up everywhere; true: answers everywhere. */
  v.strictObject({
    strategy: v.literal('blue-green'),
    version: v.string(),
    live: v.boolean(),
  }),
]);

const ModelSchema = v.pipe(
  v.strictObject({
    champion: v.string(),
    rollout: v.optional(RolloutSchema),
    /** Kept on devices beside what answers, so that going back needs no network. */
    keep: v.optional(v.array(v.string())),
    /** The model is off: nothing is run, and the decision is the human's. */
    off: v.optional(v.boolean()),
    /** In place of the automation of the versions' own specs. */
    automation: v.optional(AutomationSchema),
    versions: v.record(v.string(), VersionSchema),
  }),
  v.check((m) => Object.hasOwn(m.versions, m.champion), 'the champion is not among the versions'),
  v.check(
    (m) => m.rollout === undefined || Object.hasOwn(m.versions, m.rollout.version),
    'the canary is not among the versions',
  ),
  v.check(
    (m) => (m.keep ?? []).every((version) => Object.hasOwn(m.versions, version)),
    'a version to keep is not among the versions',
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

/** What a device reads of a manifest before it gives up, bytes: vocabularies make some long. */
export const MANIFEST_BYTES = 32 * 1024 * 1024;

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

/**
 * Which arm of a model this device is in, and so which version answers here. A shadow answers nothing;
 * green answers as the canary, as long as blue is the champion.
 * @param device what it can do, for rollouts that are for some devices only.
 */
export function armOf(
  model: ManifestModel,
  deviceId: string,
  device: Capabilities = {},
): { arm: 'champion' | 'canary'; version: string } {
  const { rollout, champion } = model;
  const isCanary =
    rollout !== undefined &&
    (rollout.strategy === 'blue-green'
      ? rollout.live
      : rollout.strategy !== 'shadow' && isChosen(rollout, deviceId, device));
  return isCanary
    ? { arm: 'canary', version: rollout.version }
    : { arm: 'champion', version: champion };
}

/** The version that this device answers beside the champion, and how often; undefined if none. */
export function shadowOf(
  { rollout }: ManifestModel,
  deviceId: string,
  device: Capabilities = {},
): { version: string; sample: number } | undefined {
  return rollout?.strategy === 'shadow' && isChosen(rollout, deviceId, device)
    ? { version: rollout.version, sample: rollout.sample }
    : undefined;
}

function isChosen(
  { salt, share, target }: Exclude<Rollout, { strategy: 'blue-green' }>,
  deviceId: string,
  device: Capabilities,
): boolean {
  return bucketOf(salt, deviceId) < share && (target === undefined || matches(target, device));
}
