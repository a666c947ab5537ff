/** What is live → the manifest that says so. Pure; every artifact by hash and relative address. */
import { definitionsOf, type Manifest, type ManifestVersion } from '@siskin/protocol';
import type { Deployment, StoredFile, VersionRecord } from '../store.ts';

/** From `/v1/apps/:app/manifest` to `/v1/artifacts/:sha256`. */
const ARTIFACTS = '../../artifacts/';

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
): Manifest {
  return {
    v: 1,
    app,
    sequence,
    issued: new Date(times.issued).toISOString(),
    expires: new Date(times.expires).toISOString(),
    models: Object.fromEntries(
      live.map(({ model, champion, canary }) => {
        const names = canary === undefined ? [champion] : [champion, canary.version];
        const versions = names.map((name) => [name, manifestVersion(versionOf(model, name))]);
        const rollout = canary && { strategy: 'canary' as const, ...canary };
        return [
          model,
          { champion, ...(rollout && { rollout }), versions: Object.fromEntries(versions) },
        ];
      }),
    ),
  };
}

function manifestVersion({ spec, files, selfTest, profile }: VersionRecord): ManifestVersion {
  return {
    spec,
    files: files.map(artifact),
    ...(selfTest && { selfTest: artifact(selfTest) }),
    series: definitionsOf(profile),
    ...(profile.pca === undefined ? {} : { pca: profile.pca }),
  };
}

const artifact = (file: StoredFile) => ({ ...file, url: ARTIFACTS + file.sha256 });
