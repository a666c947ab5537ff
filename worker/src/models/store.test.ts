import 'fake-indexeddb/auto';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from '../database.ts';
import { artifactOf } from './artifact-server.fixture.ts';
import { ModelStore } from './store.ts';

const DAY = 24 * 3600 * 1000;
const BYTES = new Uint8Array(randomBytes(5000));
const HASH = artifactOf('x', BYTES).sha256;

let database: Database;
let now = 0;
let store: ModelStore;
let opened = 0;
beforeEach(async () => {
  database = await openDatabase(`store-test-${opened++}`);
  now = 1_000_000;
  store = new ModelStore(database, () => now);
});
afterEach(() => database.close());

describe('ModelStore', () => {
  it('keeps a file by its hash', async () => {
    expect(await store.get(HASH)).toBeUndefined();
    await store.put(HASH, BYTES);
    expect(await store.get(HASH)).toEqual(BYTES);
  });

  it('deletes what storage has corrupted', async () => {
    const bytes = BYTES.slice();
    bytes[17]! ^= 4;
    await database.put('artifacts', { bytes: bytes.buffer, usedAt: now }, HASH);
    expect(await store.get(HASH)).toBeUndefined();
    expect(await database.get('artifacts', HASH)).toBeUndefined();
  });

  it('notes the last use, to a day', async () => {
    await store.put(HASH, BYTES);
    const first = now;
    now += DAY - 1;
    await store.get(HASH);
    expect((await database.get('artifacts', HASH))!.usedAt).toBe(first);
    now += DAY;
    await store.get(HASH);
    await vi.waitFor(async () => expect((await database.get('artifacts', HASH))!.usedAt).toBe(now));
  });

  it('prunes all but what is kept', async () => {
    const others = [1, 2, 3].map((seed) => new Uint8Array(100).fill(seed));
    for (const other of others) await store.put(artifactOf('x', other).sha256, other);
    await store.put(HASH, BYTES);
    await store.prune(new Set([HASH, 'never stored']));
    expect(await database.getAllKeys('artifacts')).toEqual([HASH]);
  });

  it('without storage finds nothing, says why it keeps nothing, and prunes nothing', async () => {
    database.close();
    expect(await store.get(HASH)).toBeUndefined();
    await expect(store.put(HASH, BYTES)).rejects.toMatchObject({ code: 'storage_failed' });
    await expect(store.prune(new Set())).resolves.toBeUndefined();
  });
});
