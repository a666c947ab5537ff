import 'fake-indexeddb/auto';
import { expect, it } from 'vitest';
import { brokenDatabase, testDatabase } from '../testing/database.ts';
import { Breaker } from './breaker.ts';

it('is closed for what never failed', async () => {
  const breaker = await Breaker.open(await testDatabase());
  expect(breaker.isOpen('digits', 'v2', 5)).toBe(false);
});

it('stays open for a version that failed, until a manifest with a higher sequence', async () => {
  const breaker = await Breaker.open(await testDatabase());
  await breaker.drop('digits', 'v2', 5);
  expect(breaker.isOpen('digits', 'v2', 4)).toBe(true);
  expect(breaker.isOpen('digits', 'v2', 5)).toBe(true);
  expect(breaker.isOpen('digits', 'v2', 6)).toBe(false);
  expect(breaker.isOpen('digits', 'v3', 5)).toBe(false);
  expect(breaker.isOpen('house', 'v2', 5)).toBe(false);
});

it('remembers across visits, model by model', async () => {
  const name = crypto.randomUUID();
  const earlier = await Breaker.open(await testDatabase(name));
  await earlier.drop('digits', 'v2', 5);
  await earlier.drop('house', 'v9', 6);
  const breaker = await Breaker.open(await testDatabase(name));
  expect(breaker.isOpen('digits', 'v2', 5)).toBe(true);
  expect(breaker.isOpen('house', 'v9', 6)).toBe(true);
});

it('does not forget what another tab dropped meanwhile', async () => {
  const name = crypto.randomUUID();
  const [one, two] = [
    await Breaker.open(await testDatabase(name)),
    await Breaker.open(await testDatabase(name)),
  ];
  await Promise.all([one.drop('digits', 'v2', 5), two.drop('house', 'v9', 5)]);
  const next = await Breaker.open(await testDatabase(name));
  expect(next.isOpen('digits', 'v2', 5)).toBe(true);
  expect(next.isOpen('house', 'v9', 5)).toBe(true);
});

it('holds for this visit where storage is forbidden', async () => {
  const breaker = await Breaker.open(await brokenDatabase());
  await breaker.drop('digits', 'v2', 5);
  expect(breaker.isOpen('digits', 'v2', 5)).toBe(true);
});
