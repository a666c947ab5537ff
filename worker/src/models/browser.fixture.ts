/** Real models in a test's page: Vite serves the checkout, blobs stand for what a collector serves. */
import { type Artifact, type ManifestVersion, parseSpec } from '@siskin/protocol';
import type { Read, RealModel } from './real-models.fixture.ts';
import { sha256 } from './sha256.ts';

export const readServed: Read = async (path) => {
  const response = await fetch(`/${path}`);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
};

async function artifactOf(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Artifact> {
  const url = URL.createObjectURL(new Blob([bytes]));
  return { name, sha256: await sha256(bytes), bytes: bytes.length, url };
}

export async function publishBlobs(model: RealModel): Promise<ManifestVersion> {
  const { spec, files, selfTest } = model;
  const golden = new TextEncoder().encode(JSON.stringify(selfTest));
  return {
    spec: parseSpec(spec),
    files: await Promise.all(spec.files.map((name) => artifactOf(name, files.get(name)!))),
    ...(selfTest === undefined ? {} : { selfTest: await artifactOf('selftest.json', golden) }),
    series: [],
  };
}

/** Every address this page has asked for, so far. */
export function requestsOf(page: Performance): string[] {
  return page.getEntriesByType('resource').map((entry) => entry.name);
}
