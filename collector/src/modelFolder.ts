/** A model version's folder as its author has it: spec, reference profile, self-test, model files. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  definitionsOf,
  type ModelSpec,
  ModelSpecSchema,
  messageOf,
  parseProfile,
  parseSelfTest,
  parseSpec,
  type ReferenceProfile,
  SiskinError,
} from '@siskin/protocol';
import { closest } from 'fastest-levenshtein';
import { readSpecFile } from './specFile.ts';

export const SELF_TEST = 'selftest.json';

/**
 * Everything that can be found wrong before a byte is sent.
 * @throws SiskinError `spec_invalid` or `profile_invalid` naming the file.
 */
export async function readModelFolder(dir: string, specFile: string) {
  const path = join(dir, specFile);
  const spec: ModelSpec = parseSpec(await readSpecFile(path, () => ModelSpecSchema));
  const profile = parseProfile(await readJson(dir, 'reference.json', 'profile_invalid'));
  checkAlarm(path, spec, profile);
  const hasSelfTest = await exists(join(dir, SELF_TEST));
  if (hasSelfTest) parseSelfTest(await readJson(dir, SELF_TEST, 'spec_invalid'));
  for (const name of spec.files) {
    if (!(await exists(join(dir, name)))) {
      throw new SiskinError('spec_invalid', `the spec names "${name}", which is not in ${dir}`);
    }
  }
  return { spec, profile, hasSelfTest };
}

/** A size for a series that there is not would never be asked for. */
function checkAlarm(path: string, { alarm }: ModelSpec, profile: ReferenceProfile): void {
  const series = definitionsOf(profile).map(({ name }) => name);
  const unknown = Object.keys(alarm?.features ?? {}).find((name) => !series.includes(name));
  if (unknown === undefined) return;
  throw new SiskinError(
    'spec_invalid',
    `${path}: alarm.features names the series "${unknown}", which the reference profile has not: did you mean "${closest(unknown, series)}"?`,
  );
}

async function readJson(
  dir: string,
  name: string,
  code: 'spec_invalid' | 'profile_invalid',
): Promise<unknown> {
  const path = join(dir, name);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new SiskinError(code, `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SiskinError(code, `${path} is not JSON: ${messageOf(cause)}`, { cause });
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
