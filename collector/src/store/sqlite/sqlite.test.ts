import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storeConformance } from '../conformance.ts';
import { openSqlite } from './open.ts';
import { pack, unpack } from './pack.ts';

storeConformance('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'siskin-store-'));
  const path = join(folder, 'siskin.db');
  const subject = {
    store: openSqlite(path),
    async reopen() {
      await subject.store.close();
      subject.store = openSqlite(path);
      return subject.store;
    },
    async dispose() {
      await subject.store.close();
      rmSync(folder, { recursive: true });
    },
  };
  return subject;
});

describe('the SQLite file', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'siskin-store-'));
    path = join(folder, 'siskin.db');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is in WAL mode', async () => {
    const store = openSqlite(path);
    const other = new Database(path);
    expect(other.pragma('journal_mode', { simple: true })).toBe('wal');
    other.close();
    await store.close();
  });

  it('does not let history be rewritten', async () => {
    const store = openSqlite(path);
    await store.control.createApp({ name: 'a', writeKey: 'k', secretHash: 'h', createdAt: 0 });
    await store.control.change('a', (tx) =>
      tx.addAudit({ app: 'a', at: 1, action: 'publish', detail: {} }),
    );
    await store.close();
    const db = new Database(path);
    expect(() => db.exec("UPDATE audit SET action = 'nothing'")).toThrow('append-only');
    expect(() => db.exec('DELETE FROM audit')).toThrow('append-only');
    db.close();
  });

  it('of before rollouts had strategies is brought up to date, and stays append-only', async () => {
    await openSqlite(path).close();
    const db = new Database(path);
    // What the migration does, undone: a file as the release before left it.
    db.exec(`DROP TRIGGER deployments_no_update; DROP TABLE leases;
      ALTER TABLE deployments DROP COLUMN rest;
      ALTER TABLE deployments RENAME COLUMN rollout TO canary;
      CREATE TRIGGER deployments_no_update BEFORE UPDATE ON deployments
        BEGIN SELECT RAISE(ABORT, 'deployments is append-only'); END;
      INSERT INTO deployments VALUES ('a', 'm', 1, 'v1', NULL, 'publish', 10),
        ('a', 'm', 4, 'v1', '{"version":"v2","share":0.1,"salt":"s"}', 'start', 20);`);
    db.pragma('user_version = 2');
    db.close();
    const store = openSqlite(path);
    const shared = { app: 'a', model: 'm', champion: 'v1' };
    const rollout = {
      ...{ strategy: 'canary', version: 'v2', share: 0.1, salt: 's', state: 'running' },
      ...{ from: 4, since: 20 },
    };
    expect(await store.control.deployments('a', 'm')).toEqual([
      { ...shared, sequence: 4, rollout, cause: 'start', at: 20 },
      { ...shared, sequence: 1, cause: 'publish', at: 10 },
    ]);
    await store.close();
    const again = new Database(path);
    expect(() => again.exec("UPDATE deployments SET champion = 'v9'")).toThrow('append-only');
    again.close();
  });

  it('is refused when a newer release wrote it', () => {
    const db = new Database(path);
    db.pragma('user_version = 999');
    db.close();
    expect(() => openSqlite(path)).toThrow(expect.objectContaining({ code: 'data_dir' }));
  });

  it('is refused when it is no database', () => {
    writeFileSync(path, 'not a database, but long enough to be read as a header'.repeat(20));
    expect(() => openSqlite(path)).toThrow(expect.objectContaining({ code: 'data_dir' }));
  });
});

describe('packed counts', () => {
  it('come back as they were', () => {
    const sparse = fc.uniqueArray(fc.nat(2 ** 20), { maxLength: 50 }).chain((bins) =>
      fc
        .array(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), {
          minLength: bins.length,
          maxLength: bins.length,
        })
        .map((counts) => bins.sort((a, b) => a - b).flatMap((bin, i) => [bin, counts[i]!])),
    );
    fc.assert(
      fc.property(sparse, (counts) => {
        expect(unpack(pack(counts))).toEqual(counts);
      }),
    );
  });

  // The worked example of https://en.wikipedia.org/wiki/LEB128: 624485 is E5 8E 26.
  it('are LEB128 varints of bin distances and counts', () => {
    expect([...pack([3, 624485, 130, 1])]).toEqual([3, 0xe5, 0x8e, 0x26, 127, 1]);
  });

  it('are refused when they are cut', () => {
    expect(() => unpack(Uint8Array.of(3, 0xe5))).toThrow(RangeError);
    expect(() => unpack(Uint8Array.of(3))).toThrow(RangeError);
  });
});
