import 'fake-indexeddb/auto';
import { bucketOf, GROUPS } from '@siskin/protocol';
import { expect, it, vi } from 'vitest';
import { brokenDatabase, testDatabase } from '../testing/database.ts';
import { identify } from './identity.ts';

it('is the same at the next visit', async () => {
  const name = crypto.randomUUID();
  const first = await identify(await testDatabase(name));
  expect(await identify(await testDatabase(name))).toEqual(first);
  expect(first.id).toMatch(/^[0-9a-f-]{36}$/);
});

it('is the same for tabs that open at once', async () => {
  const name = crypto.randomUUID();
  const tabs = await Promise.all([1, 2, 3].map(() => testDatabase(name)));
  const [a, b, c] = await Promise.all(tabs.map(identify));
  expect(b).toEqual(a);
  expect(c).toEqual(a);
});

it('is another one for another app', async () => {
  const [a, b] = [await identify(await testDatabase()), await identify(await testDatabase())];
  expect(a.id).not.toBe(b.id);
});

it('is drawn for this visit where storage is forbidden', async () => {
  const { id, group } = await identify(await brokenDatabase());
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(group).toBeLessThan(GROUPS);
});

it('groups hold equal shares of all bytes', async () => {
  const seen = new Array<number>(GROUPS).fill(0);
  const database = await testDatabase();
  const draw = vi.spyOn(crypto, 'getRandomValues');
  for (let byte = 0; byte < 256; byte++) {
    draw.mockImplementation((array) => {
      (array as Uint8Array).fill(byte);
      return array;
    });
    await database.delete('facts', 'identity');
    seen[(await identify(database)).group]!++;
  }
  draw.mockRestore();
  expect(seen).toEqual(new Array(GROUPS).fill(256 / GROUPS));
});

it('groups say nothing of buckets, and buckets are even', async () => {
  // χ² over 16 groups × 4 quarters of the buckets: by chance once in 10⁹ runs.
  const devices = 2000;
  const cells = new Array<number>(GROUPS * 4).fill(0);
  const database = await testDatabase();
  for (let i = 0; i < devices; i++) {
    await database.delete('facts', 'identity');
    const { id, group } = await identify(database);
    cells[group * 4 + Math.floor(bucketOf('salt', id) * 4)]!++;
  }
  const expected = devices / cells.length;
  const chiSquare = cells.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  expect(chiSquare).toBeLessThan(155); // 63 degrees of freedom
});
