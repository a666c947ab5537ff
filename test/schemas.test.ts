import { globSync, readFileSync } from 'node:fs';
import { parseSpec } from '@siskin/protocol';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { SCHEMAS } from '../scripts/schemas.ts';

const ajv = new Ajv2020({ strict: false });
const validatorOf = (name: string) => ajv.compile(SCHEMAS[name]!);
const root = new URL('..', import.meta.url).pathname;
const read = (path: string) => JSON.parse(readFileSync(`${root}/${path}`, 'utf8'));
const files = (pattern: string) => globSync(`demo/models/*/*/${pattern}`, { cwd: root });

describe.each([
  ['siskin.schema.json', 'siskin*.json'],
  ['reference.schema.json', 'reference.json'],
  ['selftest.schema.json', 'selftest.json'],
])('%s', (name, pattern) => {
  const validate = validatorOf(name);

  it.each(files(pattern))('takes %s', (path) => {
    validate(read(path));
    expect(validate.errors).toBeNull();
  });

  it('is what the package exports', () => {
    expect(read('protocol/package.json').exports[`./${name}`]).toBe(`./dist/${name}`);
  });

  it('refuses nothing at all', () => {
    expect(validate({})).toBe(false);
  });
});

describe('siskin.schema.json and the parser', () => {
  const validate = validatorOf('siskin.schema.json');
  const spec = read('demo/models/house/v1/siskin.json');
  const wrong: [string, object][] = [
    ['a member that it does not know', { ...spec, alram: {} }],
    ['an unknown kind of input', { ...spec, inputs: [{ name: 'a', kind: 'nominal' }] }],
    ['a level of automation that is none', { ...spec, automation: { level: 'most' } }],
    ['a guardrail of no known metric', { ...spec, guardrails: [{ metric: 'p95' }] }],
    ['a size below 0', { ...spec, alarm: { size: { psi: -1 } } }],
    ['a name with a slash', { ...spec, name: 'a/b' }],
    ['no outputs', { ...spec, outputs: [] }],
  ];

  it.each(wrong)('both refuse %s', (_, value) => {
    expect(validate(value)).toBe(false);
    expect(() => parseSpec(value)).toThrow();
  });
});
