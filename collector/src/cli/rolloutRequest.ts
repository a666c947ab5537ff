/** What `siskin rollout start` asks for: a policy file, and flags that go before it. */
import { readFile } from 'node:fs/promises';
import { messageOf, SiskinError } from '@siskin/protocol';

export interface StartFlags {
  to?: string;
  canary?: number;
  policy?: string;
  strategy?: string;
  steps?: number[];
  bake?: string;
  deadline?: string;
  minDevices?: number;
  guard?: string[];
  approve?: number[];
  sample?: number;
}

/** @throws SiskinError `usage` or, for the file, `data_invalid`. */
export async function requestOf({ policy, to, canary, ...flags }: StartFlags): Promise<object> {
  const file = policy === undefined ? {} : await readPolicy(policy);
  const version = to ?? ('version' in file ? file.version : undefined);
  if (version === undefined) {
    throw new SiskinError('usage', 'which version? Name it with --to');
  }
  if (canary === undefined) {
    const asked = { ...file, ...flags, version };
    if ('strategy' in asked) return asked;
    throw new SiskinError(
      'usage',
      'how? Name a --strategy (canary, rolling, shadow, blue-green), a --policy file, or with --canary the share of a canary that only you move',
    );
  }
  const [stray] = [...Object.keys(flags), ...Object.keys(file)];
  if (stray !== undefined) {
    throw new SiskinError(
      'usage',
      '--canary starts one that only you move: leave out --policy and what belongs to a --strategy, or --canary',
    );
  }
  return { version, canary };
}

async function readPolicy(path: string): Promise<object> {
  const invalid = (what: string, cause?: unknown): SiskinError =>
    new SiskinError('data_invalid', `${path} ${what}`, { cause });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw invalid(`cannot be read: ${messageOf(cause)}`, cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(`is not JSON: ${messageOf(cause)}`, cause);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw invalid('is not an object such as { "strategy": "canary", "steps": [1, 10, 50] }');
  }
  return value;
}
