/** What is live → the manifest that says so. Pure; every artifact by hash and relative address. */
import {
  definitionsOf,
  type Manifest,
  type ManifestModel,
  type ManifestVersion,
  type Rollout,
  type SealedVersion,
} from '@siskin/protocol';
import type { Deployment, RolloutState, StoredFile, VersionRecord } from '../store.ts';

/** From `/v1/apps/:app/manifest` to `/v1/artifacts/:sha256`. */
const ARTIFACTS = '../../artifacts/';

/** Under a key list as the artifact key sealed it: devices put it in plain before they parse it. */
type IssuedVersion = ManifestVersion | SealedVersion;
type IssuedModel = Omit<ManifestModel, 'versions'> & { versions: Record<string, IssuedVersion> };
type IssuedContent = Omit<Manifest, 'models'> & { models: Record<string, IssuedModel> };

/**
 * @param live the current deployment of every model.
 * @param versionOf the record of each version they name.
 * @param times epoch milliseconds.
 */
export function composeManifest(
  app: string,
  sequence: number,
  times: { issued: number; expires: number },
  live: readonly Deployment[],
  versionOf: (model: string, version: string) => VersionRecord,
): IssuedContent {
  return {
    v: 1,
    app,
    sequence,
    issued: new Date(times.issued).toISOString(),
    expires: new Date(times.expires).toISOString(),
    models: Object.fromEntries(
      live.map((deployment): [string, IssuedModel] => {
        const { model, champion, rollout, keep, off, automation } = deployment;
        const versions = versionsOf(deployment).map((name): [string, IssuedVersion] => [
          name,
          manifestVersion(versionOf(model, name)),
        ]);
        return [
          model,
          {
            champion,
            ...(rollout && { rollout: manifestRollout(rollout) }),
            ...(keep && { keep }),
            ...(off === true && { off }),
            ...(automation && { automation }),
            versions: Object.fromEntries(versions),
          },
        ];
      }),
    ),
  };
}

/** Every version that a device has to know of. */
export function versionsOf({ champion, rollout, keep = [] }: Deployment): string[] {
  return [...new Set([champion, ...(rollout ? [rollout.version] : []), ...keep])];
}

/** Nothing of how it is judged: that is the collector's business. */
function manifestRollout(rollout: RolloutState): Rollout {
  const { strategy, version, share, salt, target, sample = 1 } = rollout;
  if (strategy === 'blue-green') return { strategy, version, live: share === 1 };
  const ramp = { version, share, salt, ...(target && { target }) };
  return strategy === 'shadow' ? { strategy, ...ramp, sample } : { strategy, ...ramp };
}

function manifestVersion(record: VersionRecord): IssuedVersion {
  const { spec, files, selfTest, profile, seal } = record;
  if (seal !== undefined) return { ...seal, artifacts: ARTIFACTS };
  return {
    spec,
    files: files.map(artifact),
    ...(selfTest && { selfTest: artifact(selfTest) }),
    series: definitionsOf(profile),
    ...(profile.pca === undefined ? {} : { pca: profile.pca }),
  };
}

const artifact = (file: StoredFile) => ({ ...file, url: ARTIFACTS + file.sha256 });
