/** The demo's trained models, as a collector would put them into a manifest. */
import { readFile } from 'node:fs/promises';
import {
  definitionsOf,
  type ManifestVersion,
  parseProfile,
  parseSpec,
  type SelfTest,
} from '@siskin/protocol';
import type { TinyCollector } from './tiny-collector.ts';

const MODELS = new URL('../../../demo/models/', import.meta.url);

export async function readDemo(path: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(new URL(path, MODELS)));
}

/**
 * @param path such as `digits/v1`. @param version its name in the manifest, if another one.
 * @param selfTest makes the golden cases others than the trained ones.
 */
export async function demoVersion(
  collector: TinyCollector,
  path: string,
  { version, selfTest }: { version?: string; selfTest?: (golden: SelfTest) => unknown } = {},
): Promise<ManifestVersion> {
  const text = async (file: string) => new TextDecoder().decode(await readDemo(`${path}/${file}`));
  const spec = parseSpec(JSON.parse(await text('siskin.json')));
  const profile = parseProfile(JSON.parse(await text('reference.json')));
  const golden = JSON.parse(await text('selftest.json')) as SelfTest;
  const cases = new TextEncoder().encode(JSON.stringify(selfTest ? selfTest(golden) : golden));
  const files = spec.files.map(async (name) =>
    collector.add(name, await readDemo(`${path}/${name}`)),
  );
  return {
    spec: { ...spec, version: version ?? spec.version },
    files: await Promise.all(files),
    selfTest: collector.add('selftest.json', cases),
    series: definitionsOf(profile),
  };
}
