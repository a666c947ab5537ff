/** Real models from this checkout, served by a real server as a manifest describes them. */
import { readFile } from 'node:fs/promises';
import { type ManifestVersion, parseSpec } from '@siskin/protocol';
import type { ArtifactServer } from './artifact-server.fixture.ts';
import type { Read, RealModel } from './real-models.fixture.ts';

const ROOT = new URL('../../../', import.meta.url);

export const readLocal: Read = async (path) => new Uint8Array(await readFile(new URL(path, ROOT)));

export function publish(server: ArtifactServer, model: RealModel): ManifestVersion {
  const { spec, files, selfTest } = model;
  const golden = new TextEncoder().encode(JSON.stringify(selfTest));
  return {
    spec: parseSpec(spec),
    files: spec.files.map((name) => server.add(name, files.get(name)!)),
    ...(selfTest === undefined ? {} : { selfTest: server.add('selftest.json', golden) }),
    series: [],
  };
}
