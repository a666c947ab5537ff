import 'fake-indexeddb/auto';
import type { Manifest, SiskinError } from '@siskin/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '../database.ts';
import { brokenDatabase, testDatabase } from '../testing/database.ts';
import { failure } from '../testing/errors.ts';
import { createSigner } from '../testing/sign.ts';
import { TinyCollector } from '../testing/tiny-collector.ts';
import { ManifestSource, type SourceOptions } from './source.ts';
import { verifyEd25519 } from './verify.ts';

let collector: TinyCollector;
let database: Database;
let sequences: number[];
let errors: SiskinError[];
let sources: ManifestSource[];

beforeEach(async () => {
  collector = await TinyCollector.start();
  database = await testDatabase();
  sequences = [];
  errors = [];
  sources = [];
});

afterEach(async () => {
  vi.useRealTimers();
  for (const source of sources) source.close();
  await collector.down();
});

function createSource(options: Partial<SourceOptions> = {}): ManifestSource {
  const source = new ManifestSource({
    url: `${collector.url}v1/apps/shop/manifest`,
    events: undefined,
    app: 'shop',
    publicKeys: [collector.signer.publicKey],
    pollMs: 3_600_000,
    verify: verifyEd25519,
    database,
    fetch,
    now: Date.now,
    random: () => 0.5,
    onManifest: ({ sequence }: Manifest) => sequences.push(sequence),
    onError: (error) => errors.push(error),
    ...options,
  });
  sources.push(source);
  return source;
}

/** As an earlier visit leaves it. */
async function visited(): Promise<void> {
  await collector.publish({});
  await createSource().start();
  sequences = [];
}

describe('at start', () => {
  it("takes the collector's manifest, and keeps it as it came", async () => {
    await collector.publish({});
    const source = createSource();
    expect((await source.start()).sequence).toBe(1);
    expect(source.manifest?.sequence).toBe(1);
    expect(sequences).toEqual([1]);
    expect(await database.get('facts', 'manifest')).toBe(collector.manifest);
    expect(errors).toEqual([]);
  });

  it('with the collector down and nothing stored fails, and says that it may pass', async () => {
    await collector.down();
    const error = await failure(() => createSource().start(), 'manifest_unreachable');
    expect(error.retryable).toBe(true);
    expect(error.message).toContain(`${collector.url}v1/apps/shop/manifest`);
  });

  it('says what the collector answered', async () => {
    const error = await failure(() => createSource().start(), 'manifest_unreachable');
    expect(error.message).toContain('404');
  });

  it('offline goes on with the last verified manifest', async () => {
    await visited();
    await collector.down();
    const source = createSource();
    expect((await source.start()).sequence).toBe(1);
    expect(errors.map((error) => error.code)).toEqual(['manifest_unreachable']);
    expect(sequences).toEqual([]);
  });

  it('offline goes on with it even if it has expired', async () => {
    await visited();
    await collector.down();
    const source = createSource({ now: () => Date.now() + 365 * 24 * 3600_000 });
    expect((await source.start()).sequence).toBe(1);
  });

  it('refuses a stored manifest that no key signed', async () => {
    await visited();
    await database.put('facts', await (await createSigner()).seal({ app: 'shop' }), 'manifest');
    await collector.down();
    await failure(() => createSource().start(), 'manifest_unreachable');
  });

  it('refuses a stored manifest whose key is known no more', async () => {
    await visited();
    await collector.down();
    const { publicKey } = await createSigner();
    await failure(() => createSource({ publicKeys: [publicKey] }).start(), 'manifest_unreachable');
  });

  it('a bad signature on the network does not end what is stored', async () => {
    await visited();
    collector.manifest = await (await createSigner()).seal({});
    const source = createSource();
    expect((await source.start()).sequence).toBe(1);
    expect(errors.map((error) => error.code)).toEqual(['manifest_signature']);
  });

  it('a lower sequence than was ever seen here is refused, across visits', async () => {
    await collector.publish({});
    const first = collector.manifest;
    await collector.publish({});
    await createSource().start();
    collector.manifest = first;
    const source = createSource();
    expect((await source.start()).sequence).toBe(2);
    expect(errors.map((error) => error.code)).toEqual(['manifest_rollback']);
  });

  it('an expired manifest is not taken, the last one is kept', async () => {
    await visited();
    await collector.publish({}, { expires: new Date(Date.now() - 1000).toISOString() });
    const source = createSource();
    expect((await source.start()).sequence).toBe(1);
    expect(errors.map((error) => error.code)).toEqual(['manifest_expired']);
  });

  it('goes on without remembering where storage is forbidden', async () => {
    await collector.publish({});
    const source = createSource({ database: await brokenDatabase() });
    expect((await source.start()).sequence).toBe(1);
  });

  it('does not hang on a slow network where there is something to go on with', async () => {
    await visited();
    collector.hold = new Promise(() => undefined);
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort());
    const source = createSource();
    expect((await source.start()).sequence).toBe(1);
    expect(timeout).toHaveBeenCalledExactlyOnceWith(4000);
    timeout.mockRestore();
  });
});

describe('refreshing', () => {
  it('takes a higher sequence and tells it', async () => {
    await collector.publish({});
    const source = createSource();
    await source.start();
    await collector.publish({});
    await source.refresh();
    await source.refresh(); // the same again is no news
    expect(sequences).toEqual([1, 2]);
  });

  it('at once by several callers is one request', async () => {
    await collector.publish({});
    const source = createSource();
    await source.start();
    await Promise.all([source.refresh(), source.refresh(), source.refresh()]);
    expect(collector.requests).toHaveLength(2);
    await source.refresh();
    expect(collector.requests).toHaveLength(3);
  });

  it('by the timer, about as often as asked', async () => {
    await collector.publish({});
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const next = Promise.withResolvers<number>();
    const source = createSource({
      pollMs: 10_000,
      random: () => 1,
      onManifest: ({ sequence }) => sequence === 2 && next.resolve(sequence),
    });
    await source.start();
    await collector.publish({});
    vi.advanceTimersByTime(10_999); // 10 s + 10 %
    expect(collector.requests).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(await next.promise).toBe(2);
  });

  it('fails loudly when asked for, quietly on the timer', async () => {
    await collector.publish({});
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const told = Promise.withResolvers<SiskinError>();
    const source = createSource({ pollMs: 10_000, onError: told.resolve });
    await source.start();
    await collector.down();
    await failure(() => source.refresh(), 'manifest_unreachable');
    vi.advanceTimersByTime(11_000);
    expect((await told.promise).code).toBe('manifest_unreachable');
    expect(source.manifest?.sequence).toBe(1);
  });

  it('tells nothing once it is closed', async () => {
    await collector.publish({});
    const source = createSource();
    await source.start();
    await collector.publish({});
    const refreshing = source.refresh();
    source.close();
    await refreshing;
    expect(sequences).toEqual([1]);
    expect(source.manifest?.sequence).toBe(1);
  });
});
