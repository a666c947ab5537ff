import 'fake-indexeddb/auto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Database, SealedBatch } from '../database.ts';
import { sealedBatch } from '../testing/batches.ts';
import { brokenDatabase, testDatabase } from '../testing/database.ts';
import { adoptOrphans, Checkpoints } from './checkpoint.ts';

afterEach(() => void vi.useRealTimers());

describe('the open window', () => {
  it('is written down a second after something was counted, once', async () => {
    const database = await testDatabase();
    let window: SealedBatch | undefined = sealedBatch();
    const puts = vi.fn((...args: Parameters<Database['put']>) => database.put(...args));
    const watched = { put: puts as Database['put'] } as Database;
    const checkpoints = new Checkpoints(watched, 'tab-1', () => window);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    checkpoints.touch();
    vi.advanceTimersByTime(999);
    checkpoints.touch();
    expect(puts).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    await puts.mock.results[0]!.value;
    expect(await database.getAll('checkpoints')).toEqual([{ ...window, owner: 'tab-1' }]);

    vi.advanceTimersByTime(10_000);
    expect(puts).toHaveBeenCalledTimes(1); // nothing new was counted
    window = undefined;
    checkpoints.touch();
    vi.advanceTimersByTime(1000);
    expect(puts).toHaveBeenCalledTimes(1); // nothing is in the window
    checkpoints.touch();
    checkpoints.cancel();
    vi.advanceTimersByTime(1000);
    expect(puts).toHaveBeenCalledTimes(1);
  });

  it('costs nothing where storage is forbidden', async () => {
    const checkpoints = new Checkpoints(await brokenDatabase(), 'tab-1', () => sealedBatch());
    await expect(checkpoints.write()).resolves.toBeUndefined();
  });
});

describe('orphans', () => {
  async function visit(owner: string, database: Database) {
    const window = sealedBatch();
    await new Checkpoints(database, owner, () => window).write();
    return window;
  }

  it('are adopted, and windows of engines that live are left alone', async () => {
    const database = await testDatabase();
    const gone = await visit('gone', database);
    const alive = await visit('alive', database);
    expect(await adoptOrphans(database, ({ owner }) => owner === 'alive')).toBe(1);
    expect(await database.getAll('outbox')).toEqual([gone]);
    expect(await database.getAll('checkpoints')).toEqual([{ ...alive, owner: 'alive' }]);
  });

  it('are adopted once, however many tabs open at once', async () => {
    const name = crypto.randomUUID();
    const tabs = await Promise.all([1, 2, 3, 4].map(() => testDatabase(name)));
    for (let i = 0; i < 5; i++) await visit(`gone-${i}`, tabs[0]!);
    const adopted = await Promise.all(tabs.map((tab) => adoptOrphans(tab, () => false)));
    expect(adopted.reduce((a, b) => a + b)).toBe(5);
    expect(await tabs[0]!.count('outbox')).toBe(5);
    expect(await tabs[0]!.count('checkpoints')).toBe(0);
  });
});
