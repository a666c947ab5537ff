/** One folder for each version: specs, model files in both formats, self-test, reference profile. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import type { ModelSpecInput, ReferenceProfile, SelfTest } from '@siskin/protocol';
import type { ModelFiles } from './tfjs.ts';

export interface Version {
  spec: Omit<ModelSpecInput, 'format' | 'files'>;
  onnx: Uint8Array;
  tfjs: ModelFiles;
  selfTest: SelfTest;
  reference: ReferenceProfile;
}

/** Replaces `<models>/<name>/<version>/`. */
export async function writeVersion(models: URL, version: Version): Promise<void> {
  const { name, version: id, ...rest } = version.spec;
  const folder = new URL(`${name}/${id}/`, models);
  await rm(folder, { recursive: true, force: true });
  await mkdir(new URL('tfjs/', folder), { recursive: true });
  const spec = (format: 'onnx' | 'tfjs', files: string[]) =>
    `${JSON.stringify({ name, version: id, format, files, ...rest }, null, 2)}\n`;
  const files: Record<string, string | Uint8Array> = {
    'siskin.json': spec('onnx', ['model.onnx']),
    'siskin.tfjs.json': spec('tfjs', ['tfjs/model.json', 'tfjs/weights.bin']),
    'model.onnx': version.onnx,
    'tfjs/model.json': version.tfjs.json,
    'tfjs/weights.bin': version.tfjs.weights,
    'selftest.json': byLine(version.selfTest, 'cases'),
    'reference.json': byLine(version.reference, 'series'),
  };
  for (const [path, content] of Object.entries(files))
    await writeFile(new URL(path, folder), content);
}

/** JSON with one line for each element of the long list, so that a change can be seen. */
function byLine<K extends string>(value: Record<K, readonly unknown[]>, key: K): string {
  const fields = Object.entries(value).map(([name, content]) =>
    name === key
      ? `"${name}": [\n${value[key].map((element) => `  ${JSON.stringify(element)}`).join(',\n')}\n]`
      : `"${name}": ${JSON.stringify(content)}`,
  );
  return `{\n${fields.join(',\n')}\n}\n`;
}
