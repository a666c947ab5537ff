/** Counts in SQLite: one packed row a series, window and group; prepared statements only. */
import { type Arm, mergeSparse } from '@siskin/protocol';
import type { Database } from 'better-sqlite3';
import type { BatchRef, CountStore, CountsQuery, WindowRow } from '../../store.ts';
import { pack, unpack } from './pack.ts';

interface Stored {
  version: string;
  arm: Arm;
  series: string;
  group: number;
  window: number;
  packed: Buffer;
}

export function sqliteCounts(db: Database): CountStore {
  const remember = db.prepare<[string, string, number]>(
    'INSERT INTO batches (app, id, received) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const forget = db.prepare<[number]>('DELETE FROM batches WHERE received < ?');
  const addSeries = db.prepare<[string, string, string, string, string]>(
    'INSERT INTO series (app, model, version, arm, name) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const findSeries = db
    .prepare<[string, string, string, string, string], number>(
      'SELECT id FROM series WHERE app = ? AND model = ? AND version = ? AND arm = ? AND name = ?',
    )
    .pluck();
  const findCounts = db
    .prepare<[number, number, number], Buffer>(
      'SELECT packed FROM counts WHERE series = ? AND window = ? AND device_group = ?',
    )
    .pluck();
  const putCounts = db.prepare<[number, number, number, Buffer]>(
    `INSERT INTO counts (series, window, device_group, packed) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET packed = excluded.packed`,
  );
  const range = db.prepare<[string, string, number, number, string, string], Stored>(
    `SELECT s.version, s.arm, s.name AS series, c.device_group AS "group", c.window, c.packed
     FROM series s JOIN counts c ON c.series = s.id
     WHERE s.app = ? AND s.model = ? AND c.window >= ? AND c.window < ?
       AND substr(s.name, 1, length(?)) = ?`,
  );

  const ids = new Map<string, number>();
  function idOf({ app, model, version, arm, series }: WindowRow): number {
    const key = `${app}\n${model}\n${version}\n${arm}\n${series}`;
    let id = ids.get(key);
    if (id === undefined) {
      addSeries.run(app, model, version, arm, series);
      id = findSeries.get(app, model, version, arm, series)!;
      ids.set(key, id);
    }
    return id;
  }

  const append = db.transaction(
    (
      batches: readonly BatchRef[],
      rowsOf: (isNew: readonly boolean[]) => readonly WindowRow[],
    ): boolean[] => {
      const isNew = batches.map((b) => remember.run(b.app, b.id, b.receivedAt).changes === 1);
      for (const row of rowsOf(isNew)) {
        const id = idOf(row);
        const stored = findCounts.get(id, row.window, row.group);
        const counts = stored === undefined ? row.counts : mergeSparse(unpack(stored), row.counts);
        putCounts.run(id, row.window, row.group, pack(counts));
      }
      return isNew;
    },
  );

  return {
    async append(batches, rowsOf) {
      try {
        return append.immediate(batches, rowsOf);
      } catch (error) {
        ids.clear(); // ids handed out within the transaction are rolled back with it
        throw error;
      }
    },
    async read({ app, model, from, until, prefix = '' }: CountsQuery) {
      const rows: WindowRow[] = [];
      for (const { packed, ...key } of range.iterate(app, model, from, until, prefix, prefix)) {
        rows.push({ app, model, ...key, counts: unpack(packed) });
      }
      return rows;
    },
    async forgetBatches(before) {
      return forget.run(before).changes;
    },
  };
}
