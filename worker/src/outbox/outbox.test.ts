import 'fake-indexeddb/auto';
import { isDeepStrictEqual } from 'node:util';
import type { BatchEntry } from '@siskin/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '../database.ts';
import { sealedBatch } from '../testing/batches.ts';
import { brokenDatabase, testDatabase } from '../testing/database.ts';
import { TinyCollector } from '../testing/tiny-collector.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';

let collector: TinyCollector;
let database: Database;
let now: number;
let random: number;
let states: string[];
let lost: { entries: readonly BatchEntry[]; reason: string }[];
let outboxes: Outbox[];

beforeEach(async () => {
  collector = await TinyCollector.start();
  database = await testDatabase();
  now = Date.now();
  random = 0.5;
  states = [];
  lost = [];
  outboxes = [];
});

afterEach(async () => {
  vi.useRealTimers();
  for (const outbox of outboxes) outbox.close();
  await collector.down();
});

function createOutbox(options: Partial<OutboxOptions> = {}): Outbox {
  const outbox = new Outbox({
    url: `${collector.url}v1/batches/write-key`,
    database,
    lock: `test-${crypto.randomUUID()}`,
    fetch,
    now: () => now,
    random: () => random,
    onLost: (entries, reason) => lost.push({ entries, reason }),
    onState: (_, state, code) => states.push(code === undefined ? state : `${state} ${code}`),
    ...options,
  });
  outboxes.push(outbox);
  return outbox;
}

const stored = () => database.getAllKeys('outbox');

describe('a batch', () => {
  it('is sealed, sent, and forgotten once the collector has said 202', async () => {
    const outbox = createOutbox();
    const committed = Promise.withResolvers<void>();
    collector.answer = () => ({ status: 202, after: committed.promise });
    const sealed = sealedBatch({ predictions: [0, 3], 'output/label': [2, 3] }, now - 1500);
    await outbox.seal(sealed);
    expect(await stored()).toEqual([sealed.batch.id]);

    const arrival = collector.arrival();
    const flushed = outbox.flush();
    await arrival;
    expect(await stored()).toEqual([sealed.batch.id]); // on its way, not yet acknowledged
    committed.resolve();
    await flushed;

    expect(await stored()).toEqual([]);
    expect(states).toEqual(['sealed', 'sent']);
    const [received] = collector.received;
    expect(received!.batch).toEqual({ ...sealed.batch, age: 1500 });
    expect(received!.key).toBe('write-key');
    // CORS-simple: no header that needs a preflight.
    expect(received!.headers['content-type']).toBeUndefined();
    expect(received!.headers['content-encoding']).toBeUndefined();
  });

  it('goes oldest first', async () => {
    const outbox = createOutbox();
    const batches = [300, 100, 200].map((ago) => sealedBatch(undefined, now - ago));
    for (const batch of batches) await outbox.seal(batch);
    await outbox.flush();
    const [a, b, c] = batches.map(({ batch }) => batch.id);
    expect(collector.ids).toEqual([a, c, b]);
  });

  it('that is large goes gzipped and whole', async () => {
    const counts = Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => [`input/feature-${i}`, [10, i + 1, 300, 2]]),
    );
    const outbox = createOutbox();
    const sealed = sealedBatch(counts);
    await outbox.seal(sealed);
    await outbox.flush();
    const [received] = collector.received;
    expect(received!.body.subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
    expect(isDeepStrictEqual(received!.batch.entries, sealed.batch.entries)).toBe(true);
  });

  it('that a captive portal welcomes with 200 is kept', async () => {
    const outbox = createOutbox();
    await outbox.seal(sealedBatch());
    collector.answer = () => ({ status: 200 });
    await outbox.flush();
    expect(await stored()).toHaveLength(1);
    expect(states).toEqual(['sealed', 'delayed http_200']);
  });

  it('whose answer was lost goes again under the same id', async () => {
    const outbox = createOutbox();
    const sealed = sealedBatch();
    await outbox.seal(sealed);
    collector.answer = () => ({ status: 202, cut: true });
    await outbox.flush();
    expect(states).toEqual(['sealed', 'delayed unreachable']);
    collector.answer = () => ({ status: 202 });
    await outbox.flush({ force: true });
    expect(collector.ids).toEqual([sealed.batch.id, sealed.batch.id]);
    expect(collector.received[1]!.batch.entries).toEqual(sealed.batch.entries);
    expect(await stored()).toEqual([]);
  });

  it('sealed while another is being sent goes with the same flush', async () => {
    const outbox = createOutbox();
    const first = sealedBatch(undefined, now - 2);
    const last = sealedBatch(undefined, now - 1);
    await outbox.seal(first);
    const arrival = collector.arrival();
    const going = outbox.flush();
    await arrival;
    await outbox.seal(last);
    await Promise.all([going, outbox.flush({ closing: true })]);
    expect(collector.ids).toEqual([first.batch.id, last.batch.id]);
  });

  it('older than the protocol counts is as old as it can be', async () => {
    const outbox = createOutbox();
    await outbox.seal(sealedBatch(undefined, now - 90 * 24 * 3600_000));
    await outbox.seal(sealedBatch(undefined, now + 5000)); // the clock was set back
    await outbox.flush();
    expect(collector.received.map(({ batch }) => batch.age)).toEqual([30 * 24 * 3600_000, 0]);
  });
});

describe('a collector that refuses', () => {
  it.each([
    [400, 'batch_invalid'],
    [413, 'batch_too_large'],
    [422, 'batch_unknown_series'],
  ])('with %i for good: the batch goes, its predictions are told', async (status, code) => {
    const outbox = createOutbox();
    collector.answer = () => ({ status, body: { error: { code, message: 'no' } } });
    const sealed = sealedBatch();
    await outbox.seal(sealed);
    await outbox.flush();
    expect(await stored()).toEqual([]);
    expect(states).toEqual(['sealed', `refused ${code}`]);
    expect(lost).toEqual([{ entries: sealed.batch.entries, reason: 'blocked' }]);
  });

  it('one batch still takes the next', async () => {
    const outbox = createOutbox();
    const bad = sealedBatch({ unheard: [0, 1] }, now - 2);
    const good = sealedBatch(undefined, now - 1);
    await outbox.seal(bad);
    await outbox.seal(good);
    collector.answer = ({ batch }) => ({ status: batch.id === bad.batch.id ? 422 : 202 });
    await outbox.flush();
    expect(states).toEqual(['sealed', 'sealed', 'refused http_422', 'sent']);
    expect(await stored()).toEqual([]);
  });

  it('the key for now: the batch is kept', async () => {
    const outbox = createOutbox();
    collector.answer = () => ({ status: 404, body: { error: { code: 'key_unknown' } } });
    await outbox.seal(sealedBatch());
    await outbox.flush();
    expect(await stored()).toHaveLength(1);
    expect(states).toEqual(['sealed', 'delayed key_unknown']);
    expect(lost).toEqual([]);
  });
});

describe('a collector that asks to wait', () => {
  it.each([429, 503])(
    'with %i and Retry-After is not asked before, not even by force',
    async (status) => {
      const outbox = createOutbox();
      collector.answer = () => ({ status, headers: { 'retry-after': '7' } });
      await outbox.seal(sealedBatch());
      await outbox.flush();
      collector.answer = () => ({ status: 202 });
      now += 6999;
      await outbox.flush();
      await outbox.flush({ force: true });
      await outbox.flush({ closing: true });
      expect(collector.received).toHaveLength(1);
      now += 1;
      await outbox.flush();
      expect(collector.received).toHaveLength(2);
      expect(await stored()).toEqual([]);
    },
  );

  it('is asked again by itself, when the time is over', async () => {
    const outbox = createOutbox();
    collector.answer = () => ({ status: 503, headers: { 'retry-after': '7' } });
    await outbox.seal(sealedBatch());
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await outbox.flush();
    collector.answer = () => ({ status: 202 });
    vi.advanceTimersByTime(6999);
    expect(collector.received).toHaveLength(1);
    const arrival = collector.arrival();
    vi.advanceTimersByTime(1);
    await arrival;
    await outbox.flush();
    expect(await stored()).toEqual([]);
  });
});

describe('a collector that is away', () => {
  it('is tried again after 1, 2, 4 … s, at most 5 min, times a random share', async () => {
    const outbox = createOutbox();
    await outbox.seal(sealedBatch());
    collector.answer = () => ({ status: 500 });
    const delays: number[] = [];
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    for (let attempt = 0; attempt < 11; attempt++) {
      const timer = vi.spyOn(globalThis, 'setTimeout');
      await outbox.flush({ force: true });
      delays.push(timer.mock.calls.at(-1)![1]!);
      timer.mockRestore();
    }
    const full = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300];
    expect(delays).toEqual(full.map((s) => s * 1000 * random));
    expect(collector.received).toHaveLength(11);
  });

  it('is not asked during the back-off, unless by force', async () => {
    const outbox = createOutbox();
    await outbox.seal(sealedBatch());
    await collector.down();
    await outbox.flush();
    expect(states).toEqual(['sealed', 'delayed unreachable']);
    await collector.up();
    now += 499; // half of the first second
    await outbox.flush();
    expect(collector.received).toHaveLength(0);
    await outbox.flush({ force: true });
    expect(collector.received).toHaveLength(1);
  });

  it('begins anew with short delays once it is back', async () => {
    const outbox = createOutbox();
    await outbox.seal(sealedBatch());
    collector.answer = () => ({ status: 500 });
    for (let i = 0; i < 6; i++) await outbox.flush({ force: true });
    collector.answer = () => ({ status: 202 });
    await outbox.flush({ force: true });
    await outbox.seal(sealedBatch());
    collector.answer = () => ({ status: 500 });
    await outbox.flush();
    collector.answer = () => ({ status: 202 });
    now += 500;
    await outbox.flush();
    expect(await stored()).toEqual([]);
  });
});

describe('keepalive', () => {
  async function keepaliveOf(bytes: number, closing: boolean): Promise<boolean | undefined> {
    const inits: RequestInit[] = [];
    const outbox = createOutbox({
      fetch: (url, init) => {
        inits.push(init!);
        return fetch(url, init);
      },
    });
    // Random text does not compress: base64 keeps three quarters of its size.
    const series: BatchEntry['series'] = {};
    for (let n = 0; n < bytes; n += 96) {
      const noise = crypto.getRandomValues(new Uint8Array(72));
      series[Buffer.from(noise).toString('base64')] = [0, 1];
    }
    await outbox.seal(sealedBatch(series));
    await outbox.flush({ closing });
    expect(await stored()).toEqual([]);
    return inits[0]!.keepalive;
  }

  it('is for the last flush of a page', async () => {
    expect(await keepaliveOf(100, true)).toBe(true);
  });

  it('is not for others, whose body may be larger than browsers allow', async () => {
    expect(await keepaliveOf(100, false)).toBe(false);
  });

  it('is not for a body above 60 kB', async () => {
    expect(await keepaliveOf(120_000, true)).toBe(false);
    expect(collector.received[0]!.body.length).toBeGreaterThan(60_000);
  });
});

describe('the last window of a closing page', () => {
  it('is on its way before anything is waited for, and written down meanwhile', async () => {
    const never = Promise.withResolvers<Response>();
    const request = vi.fn<typeof fetch>(() => never.promise);
    const outbox = createOutbox({ fetch: request });
    // More than what is gzipped otherwise: compressing takes turns that the page may not have.
    const series = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`s${i}`, [i, 1]]));
    const sealed = sealedBatch(series);
    void outbox.sealAndSend(sealed);
    for (let i = 0; i < 10; i++) await Promise.resolve(); // microtasks only
    expect(request).toHaveBeenCalledOnce();
    const { body, keepalive } = request.mock.calls[0]![1]!;
    expect(keepalive).toBe(true);
    expect(JSON.parse(new TextDecoder().decode(body as Uint8Array)).id).toBe(sealed.batch.id);
    await vi.waitUntil(() => states.includes('sealed'));
    expect(await stored()).toEqual([sealed.batch.id]); // whatever becomes of the request
  });

  it('is forgotten if the page lives to see it acknowledged', async () => {
    const outbox = createOutbox();
    await outbox.sealAndSend(sealedBatch());
    expect(await stored()).toEqual([]);
    expect(states).toEqual(['sealed', 'sent']);
  });

  it('whose answer is lost is sent again by the next visit, under its id', async () => {
    collector.answer = () => ({ status: 202, cut: true });
    const sealed = sealedBatch();
    await createOutbox().sealAndSend(sealed);
    collector.answer = () => ({ status: 202 });
    await createOutbox().flush();
    expect(collector.ids).toEqual([sealed.batch.id, sealed.batch.id]);
    expect(await stored()).toEqual([]);
  });

  it('is only written down where the collector asked to wait', async () => {
    const outbox = createOutbox();
    collector.answer = () => ({ status: 503, headers: { 'retry-after': '60' } });
    await outbox.seal(sealedBatch());
    await outbox.flush();
    await outbox.sealAndSend(sealedBatch());
    expect(collector.received).toHaveLength(1);
    expect(await stored()).toHaveLength(2);
  });
});

describe('room', () => {
  it('for a thousand batches: then the oldest go, and are told', async () => {
    const outbox = createOutbox();
    const batches = Array.from({ length: 1000 }, (_, i) => sealedBatch(undefined, now - 5000 + i));
    const transaction = database.transaction('outbox', 'readwrite');
    for (const sealed of batches) void transaction.store.put(sealed, sealed.batch.id);
    await transaction.done;
    await outbox.seal(sealedBatch());
    const keys = await stored();
    expect(keys).toHaveLength(1000);
    expect(keys).not.toContain(batches[0]!.batch.id);
    expect(lost).toEqual([{ entries: batches[0]!.batch.entries, reason: 'quota' }]);
  });

  it('is found in memory where storage is forbidden', async () => {
    const outbox = createOutbox({ database: await brokenDatabase() });
    const sealed = sealedBatch();
    await outbox.seal(sealed);
    expect(await outbox.waiting()).toEqual([sealed]);
    await outbox.flush();
    expect(collector.ids).toEqual([sealed.batch.id]);
    expect(await outbox.waiting()).toEqual([]);
  });
});

describe('clearing', () => {
  it('deletes what waits and breaks off what is being sent', async () => {
    const outbox = createOutbox();
    const never = Promise.withResolvers<void>();
    collector.answer = () => ({ status: 202, after: never.promise });
    for (let i = 0; i < 3; i++) await outbox.seal(sealedBatch(undefined, now - i));
    const arrival = collector.arrival();
    const flushed = outbox.flush();
    await arrival;
    await outbox.clear();
    await flushed;
    never.resolve();
    expect(collector.received).toHaveLength(1);
    expect(await stored()).toEqual([]);
    expect(states.filter((state) => state !== 'sealed')).toEqual([]);
  });

  it('leaves the outbox usable', async () => {
    const outbox = createOutbox();
    await outbox.clear();
    await outbox.seal(sealedBatch());
    await outbox.flush();
    expect(states).toEqual(['sealed', 'sent']);
  });
});

describe('of two tabs', () => {
  it('one sends, all of it', async () => {
    const lock = `test-${crypto.randomUUID()}`;
    const committed = Promise.withResolvers<void>();
    collector.answer = () => ({ status: 202, after: committed.promise });
    const [one, two] = [createOutbox({ lock }), createOutbox({ lock })];
    await one.seal(sealedBatch(undefined, now - 2));
    await two.seal(sealedBatch(undefined, now - 1));
    const arrival = collector.arrival();
    const sending = one.flush();
    await arrival;
    await two.flush(); // at once: the other one sends
    expect(collector.received).toHaveLength(1);
    committed.resolve();
    await sending;
    expect(new Set(collector.ids).size).toBe(2);
    expect(collector.received).toHaveLength(2);
  });
});
