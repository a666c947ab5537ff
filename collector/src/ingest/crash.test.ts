/**
 * SIGKILL at any moment loses no acknowledged batch and counts none twice. Devices send to a real
 * `siskin serve`; it is killed in mid-traffic, again and again; what was not acknowledged is sent once
 * more with its old id; and then the ledger of the devices has to agree with the store, bin by bin.
 */
import { join } from 'node:path';
import { addSparse, type Batch, type DenseCounts, toSparse } from '@siskin/protocol';
import { expect, it } from 'vitest';
import { createApp } from '../index.ts';
import { openSqlite } from '../store/sqlite/open.ts';
import { serve, siskin } from '../testing/command.ts';
import { temporaryFolder } from '../testing/folder.ts';
import { batchOf, houses, MODEL, writeModel } from '../testing/model.ts';
import { uniform } from '../testing/random.ts';
import { totalsOf } from '../windows/total.ts';

const ROUNDS = 6;
const DEVICES = 24;
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
const random = uniform(seed);

it(`counts every batch exactly once over ${ROUNDS} kills (CRASH_SEED=${seed})`, async () => {
  const folder = temporaryFolder();
  const data = join(folder, 'data');
  const { writeKey } = await createApp({ data, app: 'shop' });
  let server = await serve(['--data', data]);
  const published = await siskin(['publish', writeModel(join(folder, 'm'), 'v1'), '--data', data]);
  expect(published.code).toBe(0);

  const sealed: Batch[] = [];
  const acknowledged = new Set<string>();
  let taken = 0;
  let duplicates = 0;
  const send = async (batch: Batch): Promise<boolean> => {
    const address = new URL(`v1/batches/${writeKey}`, server.url);
    const response = await fetch(address, { method: 'POST', body: JSON.stringify(batch) }).catch(
      () => undefined,
    );
    const answer = await response?.json().catch(() => undefined);
    if (response?.status !== 202 || answer === undefined) return false;
    // A batch that was acknowledged before must never be taken as new again.
    if (acknowledged.has(batch.id)) expect(answer).toMatchObject({ duplicate: true });
    if ((answer as { duplicate: boolean }).duplicate) duplicates++;
    else taken++;
    acknowledged.add(batch.id);
    return true;
  };

  let killedUnderLoad = 0;
  for (let round = 0; round < ROUNDS; round++) {
    let down = false;
    const killAfter = 20 + Math.floor(random() * 150);
    let inRound = 0;
    const killed = Promise.withResolvers<unknown>();
    const device = async (): Promise<void> => {
      while (!down) {
        const batch = batchOf('v1', houses(1 + Math.floor(random() * 5), 0, sealed.length + 1));
        sealed.push(batch);
        await send(batch);
        // Now and then a device has missed the answer.
        if (random() < 0.1) await send(batch);
        if (++inRound === killAfter) {
          down = true;
          server.stop('SIGKILL').then(killed.resolve, killed.reject);
        }
      }
    };
    await Promise.all(Array.from({ length: DEVICES }, device));
    expect(await killed.promise).toBe('SIGKILL');
    const open = sealed.filter((batch) => !acknowledged.has(batch.id));
    if (open.length > 0) killedUnderLoad++;
    server = await serve(['--data', data]);
    for (const batch of open) expect(await send(batch)).toBe(true);
  }
  // The whole outbox of every device once more: nothing may change.
  for (const batch of sealed.slice(-200)) expect(await send(batch)).toBe(true);
  expect(await server.stop('SIGTERM')).toBe(0);

  expect(killedUnderLoad).toBeGreaterThan(0);
  expect(acknowledged.size).toBe(sealed.length);
  // Some were stored and killed before the answer left: those came back as duplicates.
  expect(taken).toBeLessThanOrEqual(sealed.length);
  expect(taken + duplicates).toBeGreaterThan(sealed.length);

  const expected = new Map<string, DenseCounts>();
  for (const batch of sealed) {
    for (const [name, counts] of Object.entries(batch.entries[0]!.series)) {
      const sum = expected.get(name) ?? new Float64Array(1000);
      expected.set(name, addSparse(sum, counts));
    }
  }
  const store = openSqlite(join(data, 'siskin.db'));
  const query = { app: 'shop', model: MODEL, from: 0, until: Number.MAX_SAFE_INTEGER };
  const [total, ...others] = totalsOf(await store.counts.read(query));
  await store.close();
  expect(others).toEqual([]);
  const stored = Object.fromEntries(total!.series);
  expect(stored).toEqual(Object.fromEntries([...expected].map(([k, v]) => [k, toSparse(v)])));
}, 120_000);
