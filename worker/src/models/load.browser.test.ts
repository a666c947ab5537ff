import { deleteDB } from 'idb';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Progress } from '../api.ts';
import { openDatabase } from '../database.ts';
import { choose } from '../runtimes/choose.ts';
import { publishBlobs, readServed } from './browser.fixture.ts';
import { type LoadDeps, type Loaded, loadVersion } from './load.ts';
import { demoModel, silero } from './real-models.fixture.ts';
import { ModelStore } from './store.ts';

const APP = `load-browser-${crypto.randomUUID()}`;
const database = await openDatabase(APP);
afterAll(async () => {
  database.close();
  await deleteDB(`siskin-${APP}`);
});

const loaded: Loaded[] = [];
afterEach(async () => {
  for (const { session } of loaded.splice(0)) await session.dispose();
});

type Version = Parameters<typeof loadVersion>[0];
async function load(version: Version, more: Partial<LoadDeps> = {}): Promise<Loaded> {
  const result = await loadVersion(version, {
    fetch: (...args) => fetch(...args),
    now: () => performance.now(),
    baseUrl: location.href,
    store: new ModelStore(database),
    choose: (format) =>
      choose(format, {
        backends: ['webgpu', 'wasm', 'webgl', 'cpu'],
        allowSoftwareGpu: true,
        gpu: navigator.gpu,
      }),
    ...more,
  });
  loaded.push(result);
  return result;
}

describe('loadVersion in a browser', () => {
  it('finds that Silero VAD v5 is computed wrongly here on WebGPU, and goes on with WASM', async () => {
    const progress: Progress[] = [];
    const version = await publishBlobs(await silero(readServed, 'v5'));
    const result = await load(version, { onProgress: (step) => progress.push(step) });
    expect(result).toMatchObject({ backend: 'wasm', fallback: 'self-test' });
    expect(progress.filter(({ phase }) => phase !== 'download')).toEqual([
      { phase: 'compile', backend: 'webgpu' },
      { phase: 'warmup', backend: 'webgpu' },
      { phase: 'compile', backend: 'wasm' },
      { phase: 'warmup', backend: 'wasm' },
    ]);
  }, 60_000);

  it('takes WebGPU where it answers rightly', async () => {
    for (const file of ['siskin.json', 'siskin.tfjs.json'] as const) {
      const version = await publishBlobs(await demoModel(readServed, 'house/v1', file));
      const result = await load(version);
      expect(result.backend).toBe('webgpu');
      expect(result).not.toHaveProperty('fallback');
    }
  }, 60_000);

  it('counts the software adapter of this browser as no GPU unless it is allowed', async () => {
    const version = await publishBlobs(await demoModel(readServed, 'house/v1', 'siskin.json'));
    const result = await load(version, {
      choose: (format) =>
        choose(format, {
          backends: ['webgpu', 'wasm'],
          allowSoftwareGpu: false,
          gpu: navigator.gpu,
        }),
    });
    expect(result).toMatchObject({ backend: 'wasm', fallback: 'software-adapter' });
  });
});
