import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openDatabase } from './database.ts';
import { testDatabase } from './testing/database.ts';
import { failure } from './testing/errors.ts';

afterEach(() => void vi.unstubAllGlobals());

describe('a database', () => {
  it('keeps what was written, app by app', async () => {
    const name = crypto.randomUUID();
    await (await testDatabase(name)).put('facts', 'kept', 'a');
    expect(await (await testDatabase(name)).get('facts', 'a')).toBe('kept');
    expect(await (await testDatabase()).get('facts', 'a')).toBeUndefined();
  });

  it('of an earlier version of the SDK goes on, with what it held', async () => {
    const name = crypto.randomUUID();
    const old = await openDB(`siskin-${name}`, 1, {
      upgrade(database) {
        for (const store of ['artifacts', 'outbox', 'checkpoints', 'facts'])
          database.createObjectStore(store);
      },
    });
    await old.put('facts', 'installed', 'id');
    old.close();
    const database = await testDatabase(name);
    expect(await database.get('facts', 'id')).toBe('installed');
    expect(await database.count('decisions')).toBe(0);
  });

  it('lets go when another tab deletes it', async () => {
    const name = crypto.randomUUID();
    const database = await testDatabase(name);
    const deleting = indexedDB.deleteDatabase(`siskin-${name}`);
    await new Promise((resolve, reject) => {
      deleting.onsuccess = resolve;
      deleting.onblocked = () => reject(new Error('it is still held'));
    });
    await expect(database.get('facts', 'a')).rejects.toThrow();
  });

  it.each([
    [
      'throws, as where cookies are blocked',
      () => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      },
    ],
    [
      'fails, as in a private window',
      () => {
        const request = new EventTarget() as IDBOpenDBRequest;
        queueMicrotask(() => {
          Object.assign(request, { error: new DOMException('No.', 'InvalidStateError') });
          request.dispatchEvent(new Event('error'));
        });
        return request;
      },
    ],
  ])('that %s fails typed', async (_, open) => {
    vi.stubGlobal('indexedDB', { open });
    const error = await failure(() => openDatabase('shop'), 'storage_failed');
    expect(error.message).toMatch(/site data blocked/);
  });
});
