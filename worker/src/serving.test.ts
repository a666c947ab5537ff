import 'fake-indexeddb/auto';
import { type ManifestVersion, SiskinError } from '@siskin/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EngineEvent } from './api.ts';
import { ModelStore } from './models/store.ts';
import { Rollouts } from './rollouts.ts';
import type { Session } from './runtimes/runtime.ts';
import { Serving, type ServingOptions } from './serving.ts';
import { testDatabase } from './testing/database.ts';
import { demoVersion } from './testing/demo-version.ts';
import { failure } from './testing/errors.ts';
import { createTelemetry } from './testing/telemetry.ts';
import { TinyCollector } from './testing/tiny-collector.ts';

let collector: TinyCollector;
let v1: ManifestVersion;
let v2: ManifestVersion;
let events: EngineEvent[];
let serving: Serving | undefined;

beforeEach(async () => {
  collector = await TinyCollector.start();
  v1 = await demoVersion(collector, 'digits/v1');
  v2 = await demoVersion(collector, 'digits/v2');
  // What runs is of no matter here: the runtimes have tests of their own.
  delete v1.selfTest;
  delete v2.selfTest;
  events = [];
});

afterEach(async () => {
  vi.useRealTimers();
  await serving?.close();
  await collector.down();
});

/** Sessions by the version they are of, and whether they have been disposed. */
const disposed: string[] = [];

async function serve(
  models: ServingOptions['manifest'],
  options: Partial<ServingOptions> = {},
  beforeRollouts: () => Promise<void> = async () => undefined,
): Promise<Serving> {
  const database = await testDatabase();
  const store = new ModelStore(database);
  const { telemetry } = await createTelemetry({ database });
  serving = new Serving({
    openRollouts: async (host) => {
      await beforeRollouts();
      return Rollouts.open(host, {
        database,
        deviceId: 'device',
        telemetry,
        store,
        fetch,
        baseUrl: `${collector.url}v1/apps/shop/manifest`,
        gpu: undefined,
        allowSoftwareGpu: false,
        random: () => 0.5,
        onEvent: (event) => events.push(event),
      });
    },
    store,
    prune: (keep) => store.prune(keep),
    choose: async () => ({
      candidates: [
        {
          backend: 'wasm',
          import: async () => ({
            backend: 'wasm',
            create: async ({ version }): Promise<Session> => ({
              backend: 'wasm',
              inputs: [{ name: 'x', type: 'float32', shape: [null, 28, 28, 1] }],
              outputs: ['probabilities'],
              run: async () => ({}),
              dispose: async () => void disposed.push(version),
            }),
          }),
        },
      ],
    }),
    manifestUrl: `${collector.url}v1/apps/shop/manifest`,
    fetch,
    now: Date.now,
    random: () => 0.5,
    manifest: models,
    onLoaded: () => undefined,
    onFailed: () => undefined,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return serving;
}

const manifestOf = (
  champion: string,
  sequence: number,
  canary?: string,
): ReturnType<ServingOptions['manifest']> => ({
  v: 1,
  app: 'shop',
  sequence,
  issued: '2026-11-01T00:00:00Z',
  expires: '2026-12-01T00:00:00Z',
  models: {
    digits: {
      champion,
      versions: { v1, v2 },
      ...(canary && {
        rollout: { strategy: 'canary', version: canary, share: 1, salt: 'salt' },
      }),
    },
  },
});

const load = (on: Serving, signal = new AbortController().signal) =>
  on.load('digits', () => undefined, signal);
const swapTo = (version: string) =>
  vi.waitUntil(() => events.find((event) => event.type === 'swap' && event.to === version));

describe('an update that failed for a reason that may pass', () => {
  it('is tried again by itself, half a minute later on average', async () => {
    let manifest = manifestOf('v1', 1);
    const on = await serve(() => manifest);
    await load(on);
    collector.remove(v2.files[0]!);
    manifest = manifestOf('v2', 2);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await on.update();
    expect(events).toMatchObject([{ type: 'error', error: { retryable: true } }]);
    await demoVersion(collector, 'digits/v2'); // its files are there again
    vi.advanceTimersByTime(29_999);
    expect(collector.requests.filter((path) => path.includes(v2.files[0]!.sha256))).toHaveLength(1);
    vi.advanceTimersByTime(1);
    vi.useRealTimers();
    await swapTo('v2');
    expect(await load(on)).toMatchObject({ version: 'v2' });
  });

  it('of a canary leaves the champion answering meanwhile, and drops nothing', async () => {
    collector.remove(v2.files[0]!);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const on = await serve(() => manifestOf('v1', 1, 'v2'));
    expect(await load(on)).toMatchObject({ version: 'v1', arm: 'champion' });
    await demoVersion(collector, 'digits/v2'); // its files are there again
    vi.advanceTimersByTime(30_000);
    vi.useRealTimers();
    await swapTo('v2');
    expect(await load(on)).toMatchObject({ version: 'v2', arm: 'canary' });
  });
});

it('code for rollouts that does not come costs the rollout, and nothing else', async () => {
  let isThere = false;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const on = await serve(
    () => manifestOf('v1', 1, 'v2'),
    {},
    async () => {
      if (!isThere) throw new TypeError('Failed to fetch dynamically imported module');
    },
  );
  expect(await load(on)).toMatchObject({ version: 'v1', arm: 'champion' });
  expect(events).toMatchObject([
    { type: 'error', error: { code: 'runtime_failed', retryable: true } },
  ]);
  isThere = true;
  vi.advanceTimersByTime(30_000);
  vi.useRealTimers();
  await swapTo('v2');
});

describe('closing', () => {
  it('stops an update that downloads, and frees what runs', async () => {
    let manifest = manifestOf('v1', 1);
    const on = await serve(() => manifest);
    await load(on);
    collector.hold = new Promise(() => undefined);
    manifest = manifestOf('v2', 2);
    const updating = on.update();
    await vi.waitUntil(() => collector.requests.some((path) => path.includes(v2.files[0]!.sha256)));
    disposed.length = 0;
    await on.close();
    await updating;
    expect(disposed).toEqual(['v1']);
    expect(events).toEqual([]);
  });

  it('stops a load', async () => {
    const on = await serve(() => manifestOf('v1', 1));
    collector.hold = new Promise(() => undefined);
    const loading = load(on);
    await vi.waitUntil(() => collector.requests.length > 0);
    const ended = failure(() => loading, 'closed');
    await on.close();
    await ended;
  });
});

describe('a load that everybody gave up', () => {
  it('is begun anew by the next who asks, even before it has ended', async () => {
    const on = await serve(() => manifestOf('v1', 1));
    const gate = Promise.withResolvers<void>();
    collector.hold = gate.promise;
    const caller = new AbortController();
    const first = load(on, caller.signal);
    await vi.waitUntil(() => collector.requests.length > 0);
    caller.abort(new SiskinError('aborted', 'enough'));
    const second = load(on);
    await failure(() => first, 'aborted');
    gate.resolve();
    expect(await second).toMatchObject({ version: 'v1' });
  });
});

it('the old version is freed after a swap, once', async () => {
  let manifest = manifestOf('v1', 1);
  const on = await serve(() => manifest);
  await load(on);
  disposed.length = 0;
  manifest = manifestOf('v2', 2);
  await on.update();
  await (await on.slot('digits')).run(async ({ version }) => version);
  expect(disposed).toEqual(['v1']);
});

it('makes room for what the manifest names, and keeps what answers', async () => {
  let manifest = manifestOf('v1', 1);
  const kept: ReadonlySet<string>[] = [];
  const on = await serve(() => manifest, { prune: async (keep) => void kept.push(keep) });
  await load(on);
  manifest = { ...manifest!, sequence: 2, models: {} };
  await on.update();
  // The model was taken away, but the page still uses it.
  expect([...kept.at(-1)!]).toEqual(v1.files.map(({ sha256 }) => sha256));
});
