import { expect, test } from 'vitest';
import { optionsFrom } from './config.ts';

const FILE = { collector: 'https://c.example', app: 'demo', key: 'k', publicKeys: ['p'] };

test('the address changes how the page runs', () => {
  const query = new URLSearchParams(
    'backends=wasm,cpu&allowSoftwareGpu&consent=0&windowSeconds=5&pollSeconds=1.5',
  );
  expect(optionsFrom({ ...FILE, windowSeconds: 60 }, query)).toEqual({
    ...FILE,
    backends: ['wasm', 'cpu'],
    allowSoftwareGpu: true,
    consent: false,
    windowSeconds: 5,
    pollSeconds: 1.5,
  });
});

test('the address changes neither whom the page talks to nor whom it trusts', () => {
  const query = new URLSearchParams(
    'collector=https://evil.example&publicKeys=q&key=z&app=other&manifest=https://evil.example/m',
  );
  expect(optionsFrom(FILE, query)).toEqual(FILE);
});
