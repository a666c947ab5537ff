import { SiskinError } from '@siskin/protocol';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSiskin } from './client.ts';
import { checkBrowser, type SiskinOptions, toConfig } from './options.ts';

const GOOD: SiskinOptions = {
  collector: 'https://collector.example/siskin',
  app: 'shop',
  key: 'wk_1',
  publicKeys: ['11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'],
};

afterEach(() => void vi.unstubAllGlobals());

function failure(work: () => unknown): SiskinError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(SiskinError);
    return error as SiskinError;
  }
  throw new Error('nothing was thrown');
}

describe('options', () => {
  it('have defaults', () => {
    expect(toConfig(GOOD)).toEqual({
      app: 'shop',
      key: 'wk_1',
      collector: 'https://collector.example/siskin/',
      publicKeys: GOOD.publicKeys,
      backends: ['webgpu', 'wasm', 'webgl', 'cpu'],
      allowSoftwareGpu: false,
      consent: true,
      windowMs: 60_000,
      pollMs: 300_000,
    });
  });

  it('are taken as given', () => {
    const config = toConfig({
      ...GOOD,
      manifest: 'https://cdn.example/m.json?v=1',
      backends: ['wasm'],
      allowSoftwareGpu: true,
      assets: new URL('https://cdn.example/ort'),
      consent: false,
      windowSeconds: 0.5,
      pollSeconds: 10,
    });
    expect(config).toMatchObject({
      manifest: 'https://cdn.example/m.json?v=1',
      backends: ['wasm'],
      allowSoftwareGpu: true,
      assets: 'https://cdn.example/ort/',
      consent: false,
      windowMs: 500,
      pollMs: 10_000,
    });
  });

  it.each([
    ['/siskin', `${location.origin}/siskin/`],
    ['/', `${location.origin}/`],
    [new URL('http://127.0.0.1:4100'), 'http://127.0.0.1:4100/'],
    ['https://collector.example/siskin//?from=here#there', 'https://collector.example/siskin/'],
  ])('collector %s is %s', (collector, url) => {
    expect(toConfig({ ...GOOD, collector }).collector).toBe(url);
  });

  it('need no collector where the manifest is a file: then nothing is counted', () => {
    const { app, publicKeys } = GOOD;
    const manifest = 'https://cdn.example/v1/apps/shop/manifest.json';
    const config = toConfig({ app, publicKeys, manifest, consent: true, minSequence: 7 });
    expect(config).toMatchObject({ app, manifest, consent: false, minSequence: 7 });
    expect(config).not.toHaveProperty('collector');
  });

  it('take Global Privacy Control for an answer, unless the page knows better', () => {
    vi.stubGlobal('navigator', { globalPrivacyControl: true });
    expect(toConfig(GOOD).consent).toBe(false);
    expect(toConfig({ ...GOOD, consent: true }).consent).toBe(true);
  });

  it.each([
    ['collector', undefined],
    ['collector', ''],
    ['collector', 'http://'],
    ['collector', 'ftp://collector.example'],
    ['app', undefined],
    ['app', ''],
    ['app', 7],
    ['key', undefined],
    ['key', ''],
    ['publicKeys', undefined],
    ['publicKeys', []],
    ['publicKeys', '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'],
    ['publicKeys', ['short']],
    ['publicKeys', [7]],
    ['manifest', 'http://'],
    ['minSequence', 0],
    ['minSequence', 1.5],
    ['minSequence', '3'],
    ['backends', []],
    ['backends', ['cuda']],
    ['backends', 'wasm'],
    ['backends', ['none']],
    ['allowSoftwareGpu', 'yes'],
    ['assets', 'http://'],
    ['consent', 'false'],
    ['consent', null],
    ['windowSeconds', 0],
    ['windowSeconds', '60'],
    ['windowSeconds', Number.NaN],
    ['pollSeconds', -1],
    ['pollSeconds', Number.POSITIVE_INFINITY],
    ['colector', 'https://collector.example'],
    ['constructor', 'https://collector.example'],
  ])('`%s`: %j is refused by name', (name, value) => {
    const error = failure(() => createSiskin({ ...GOOD, [name]: value } as SiskinOptions));
    expect(error.code).toBe('config_invalid');
    expect(error.message).toContain(`\`${name}\``);
  });

  it('that are no object are refused', () => {
    for (const options of [undefined, null, 'shop']) {
      const error = failure(() => createSiskin(options as unknown as SiskinOptions));
      expect(error.code).toBe('config_invalid');
    }
  });
});

describe('a browser', () => {
  it('such as this one is supported', () => {
    expect(() => checkBrowser()).not.toThrow();
  });

  it.each([
    ['Worker', 'Worker'],
    ['WebAssembly', 'WebAssembly'],
    ['indexedDB', 'IndexedDB'],
    ['crypto', 'crypto.subtle (it needs https: or localhost)'],
    ['AbortSignal', 'AbortSignal.any'],
  ])('without %s is told what it lacks', (name, told) => {
    vi.stubGlobal(name, name === 'AbortSignal' ? class {} : undefined);
    const error = failure(() => createSiskin(GOOD));
    expect(error.code).toBe('browser_unsupported');
    expect(error.message).toContain(told);
  });
});
