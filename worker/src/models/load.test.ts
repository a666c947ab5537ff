import 'fake-indexeddb/auto';
import { type ManifestVersion, SiskinError } from '@siskin/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Progress } from '../api.ts';
import { type Database, openDatabase } from '../database.ts';
import { choose } from '../runtimes/choose.ts';
import type { Candidate, Runtime, Session } from '../runtimes/runtime.ts';
import { type ArtifactServer, startArtifactServer } from './artifact-server.fixture.ts';
import { type LoadDeps, type Loaded, loadVersion } from './load.ts';
import { publish, readLocal } from './published.fixture.ts';
import { demoModel, type RealModel, silero } from './real-models.fixture.ts';
import { ModelStore } from './store.ts';

const HOUSE = await demoModel(readLocal, 'house/v1', 'siskin.json');
const DIGITS_TFJS = await demoModel(readLocal, 'digits/v1', 'siskin.tfjs.json');
const SILERO = await silero(readLocal, 'v5');

let server: ArtifactServer;
let database: Database;
let opened = 0;
const loaded: Loaded[] = [];
beforeEach(async () => {
  server = await startArtifactServer();
  database = await openDatabase(`load-test-${opened++}`);
});
afterEach(async () => {
  for (const { session } of loaded.splice(0)) await session.dispose();
  database.close();
  await server.close();
});

/** A device without a GPU. */
const deps = (more: Partial<LoadDeps> = {}): LoadDeps => ({
  fetch,
  now: () => performance.now(),
  baseUrl: server.url,
  store: new ModelStore(database),
  choose: (format) =>
    choose(format, {
      backends: ['webgpu', 'wasm', 'cpu'],
      allowSoftwareGpu: false,
      gpu: undefined,
    }),
  ...more,
});

async function load(version: ManifestVersion, more?: Partial<LoadDeps>): Promise<Loaded> {
  const result = await loadVersion(version, deps(more));
  loaded.push(result);
  return result;
}

describe('loadVersion', () => {
  it('downloads, verifies, compiles and tests a version, and tells how far it is', async () => {
    const version = publish(server, HOUSE);
    const progress: Progress[] = [];
    const result = await load(version, { onProgress: (step) => progress.push(step) });
    expect(result).toMatchObject({ backend: 'wasm', fallback: 'no-adapter', source: 'network' });
    expect(result.session.backend).toBe('wasm');
    for (const ms of Object.values(result.timings)) expect(ms).toBeGreaterThan(0);

    const downloads = progress.filter((step) => step.phase === 'download');
    const total = [...version.files, version.selfTest!].reduce((sum, { bytes }) => sum + bytes, 0);
    expect(downloads.at(-1)).toEqual({ phase: 'download', received: total, total });
    expect(downloads.length).toBeLessThanOrEqual(101);
    expect(progress.slice(downloads.length)).toEqual([
      { phase: 'compile', backend: 'wasm' },
      { phase: 'warmup', backend: 'wasm' },
    ]);
  });

  it('loads TensorFlow.js models and their weights', async () => {
    const result = await load(publish(server, DIGITS_TFJS));
    expect(result).toMatchObject({ backend: 'wasm', fallback: 'no-adapter' });
  });

  it('loads a model whose state is fed back, and checks it against native onnxruntime', async () => {
    expect(await load(publish(server, SILERO))).toMatchObject({ backend: 'wasm' });
  });

  it('needs no network the second time', async () => {
    const version = publish(server, HOUSE);
    await load(version);
    await server.close();
    const offline = await load(version, {
      fetch: () => Promise.reject(new Error('there is no network')),
    });
    expect(offline).toMatchObject({ backend: 'wasm', source: 'store' });
  });

  it('downloads anew what storage has corrupted, and only that', async () => {
    const version = publish(server, HOUSE);
    const [model] = version.files;
    await load(version);
    const stored = (await database.get('artifacts', model!.sha256))!;
    new Uint8Array(stored.bytes)[100]! ^= 1;
    await database.put('artifacts', stored, model!.sha256);
    server.requests.length = 0;
    expect(await load(version)).toMatchObject({ source: 'network' });
    expect(server.requests).toEqual([model!.url]);
    expect(await load(version)).toMatchObject({ source: 'store' });
  });

  it('goes on from memory where the quota is spent, and says so', async () => {
    const full = new Proxy(database, {
      get: (target, key) =>
        key === 'put'
          ? () => Promise.reject(new DOMException('The quota is spent', 'QuotaExceededError'))
          : Reflect.get(target, key),
    });
    const warnings: SiskinError[] = [];
    const version = publish(server, HOUSE);
    const result = await load(version, {
      store: new ModelStore(full),
      onWarning: (warning) => warnings.push(warning),
    });
    expect(result).toMatchObject({ backend: 'wasm', source: 'network' });
    expect(warnings.map(({ code }) => code)).toEqual(['storage_failed', 'storage_failed']);
    expect(warnings[0]!.message).toContain('The quota is spent');
  });

  it('stops the other downloads when one file is wrong, and keeps nothing of it', async () => {
    const version = publish(server, DIGITS_TFJS);
    const [model, weights] = version.files;
    server.routes.set(weights!.url, (_request, response) => {
      response.writeHead(200).write('the rest never comes');
    });
    server.routes.set(
      model!.url,
      DIGITS_TFJS.files.get('tfjs/model.json')!.slice().fill(1, 50, 51),
    );
    await expect(load(version)).rejects.toMatchObject({ code: 'artifact_hash' });
    expect(await database.get('artifacts', model!.sha256)).toBeUndefined();
  });

  it.each<[string, (model: RealModel) => RealModel, string, RegExp]>([
    [
      'a model that is no ONNX file',
      (model) => ({ ...model, files: new Map([['model.onnx', new Uint8Array(4000).fill(9)]]) }),
      'model_corrupt',
      /house.*v1.*cannot read/,
    ],
    [
      'an output that the graph has not',
      (model) => ({
        ...model,
        spec: { ...model.spec, outputs: [{ kind: 'regression', tensor: 'prices' }] },
      }),
      'spec_invalid',
      /"prices"/,
    ],
    [
      'an input too few',
      (model) => ({ ...model, spec: { ...model.spec, inputs: model.spec.inputs.slice(1) } }),
      'spec_invalid',
      /float32 \[1, \d+\]/,
    ],
    [
      'golden answers that are not its own',
      (model) => {
        const selfTest = structuredClone(model.selfTest!);
        Object.values(selfTest.cases.at(-1)!.outputs)[0]!.data[0]! += 0.01;
        return { ...model, selfTest };
      },
      'self_test_failed',
      /house.*v1.*answers wrongly on wasm/,
    ],
    [
      'golden inputs that it does not take',
      (model) => {
        const selfTest = structuredClone(model.selfTest!);
        selfTest.cases[0]!.inputs = {};
        return { ...model, selfTest };
      },
      'runtime_failed',
      /self-test did not run/,
    ],
  ])('refuses %s', async (_name, change, code, message) => {
    const version = publish(server, change(HOUSE));
    await expect(load(version)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      retryable: false,
    });
  });

  it('refuses a self-test that is none', async () => {
    const version = publish(server, HOUSE);
    const text = (json: string) => new TextEncoder().encode(json);
    for (const bytes of [text('{'), text('{"v":1}')]) {
      const selfTest = server.add('selftest.json', bytes);
      await expect(load({ ...version, selfTest })).rejects.toMatchObject({ code: 'spec_invalid' });
    }
  });

  it('says what to allow where no allowed backend runs the format', async () => {
    const version = publish(server, HOUSE);
    const options = { backends: ['cpu'] as const, allowSoftwareGpu: false, gpu: undefined };
    await expect(
      load(version, { choose: (format) => choose(format, options) }),
    ).rejects.toMatchObject({ code: 'runtime_failed', message: expect.stringContaining('"wasm"') });
  });

  it.each(['download', 'compile', 'warmup'] as const)('stops when aborted in %s', async (phase) => {
    const controller = new AbortController();
    const reason = new SiskinError('aborted', 'the visitor left');
    const seen: string[] = [];
    const loading = load(publish(server, HOUSE), {
      signal: controller.signal,
      onProgress: (step) => {
        seen.push(step.phase);
        if (step.phase === phase) controller.abort(reason);
      },
    });
    await expect(loading).rejects.toBe(reason);
    expect(seen.at(-1)).toBe(phase);
  });
});

/** What befalls real GPUs, made to happen: the loader sees runtimes only through their interface. */
describe('loadVersion, from one backend to the next', () => {
  type Fate = 'answers' | 'answers wrongly' | 'throws' | 'cannot be created' | 'cannot be imported';
  let disposed: string[];
  let imported: string[];

  /** The real WASM session under another backend's name, with a fate of its own. */
  function candidate(backend: 'webgpu' | 'wasm' | 'cpu', fate: Fate): Candidate {
    const wrap = (session: Session): Session => ({
      ...session,
      backend,
      async run(inputs) {
        if (fate === 'throws') throw new Error('the device was lost');
        const answer = await session.run(inputs);
        if (fate === 'answers wrongly') for (const { data } of Object.values(answer)) data[0] = 7;
        return answer;
      },
      dispose() {
        disposed.push(backend);
        return session.dispose();
      },
    });
    return {
      backend,
      async import(): Promise<Runtime> {
        imported.push(backend);
        if (fate === 'cannot be imported') throw new TypeError('Failed to fetch the module');
        const options = { backends: ['wasm'] as const, allowSoftwareGpu: false, gpu: undefined };
        const real = await (await choose('onnx', options)).candidates[0]!.import();
        return {
          backend,
          async create(spec, files) {
            if (fate === 'cannot be created') throw new Error('an operator is not supported');
            return wrap(await real.create(spec, files));
          },
        };
      },
    };
  }

  beforeEach(() => {
    disposed = [];
    imported = [];
  });

  const loadWith = (...candidates: Candidate[]) =>
    load(publish(server, HOUSE), { choose: async () => ({ candidates }) });

  it('takes the first one that answers rightly and imports no other', async () => {
    const result = await loadWith(candidate('webgpu', 'answers'), candidate('wasm', 'answers'));
    expect(result.backend).toBe('webgpu');
    expect(result).not.toHaveProperty('fallback');
    expect(new Set(imported)).toEqual(new Set(['webgpu']));
  });

  it.each<[Fate, string, string[]]>([
    ['answers wrongly', 'self-test', ['webgpu']],
    ['throws', 'failed', ['webgpu']],
    ['cannot be created', 'failed', []],
    ['cannot be imported', 'failed', []],
  ])('goes on when one %s, and frees it', async (fate, fallback, freed) => {
    const result = await loadWith(candidate('webgpu', fate), candidate('wasm', 'answers'));
    expect(result).toMatchObject({ backend: 'wasm', fallback });
    expect(disposed).toEqual(freed);
  });

  it('keeps the reason why the first choice was not used', async () => {
    const candidates = [candidate('wasm', 'throws'), candidate('cpu', 'answers')];
    const version = publish(server, HOUSE);
    const result = await load(version, {
      choose: async () => ({ candidates, fallback: 'software-adapter' }),
    });
    expect(result).toMatchObject({ backend: 'cpu', fallback: 'software-adapter' });
  });

  it('tells of every backend when none is left', async () => {
    const failing = loadWith(
      candidate('webgpu', 'cannot be imported'),
      candidate('wasm', 'answers wrongly'),
    );
    await expect(failing).rejects.toMatchObject({
      code: 'self_test_failed',
      message: expect.stringMatching(/webgpu could not be imported.*wrongly on wasm/s),
      retryable: true,
    });
    expect(disposed).toEqual(['wasm']);
  });
});
