import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { VERSION } from './version.ts';

it.each(['worker', 'sdk'])("batches carry the version of %s's package", (name) => {
  const path = new URL(`../../${name}/package.json`, import.meta.url);
  expect(JSON.parse(readFileSync(path, 'utf8')).version).toBe(VERSION);
});
