/**
 * The embedded engine: one SQLite file. WAL with synchronous=FULL means one fsync a commit, and that
 * a committed transaction survives SIGKILL and power loss.
 *
 * Two connections: the counts' transactions are synchronous, the control plane's cross `await`s. A
 * control transaction awaits nothing but this file, so it is over before the event loop turns and
 * the two never wait for each other within a process; between processes `timeout` waits.
 */
import { closeSync, openSync } from 'node:fs';
import { messageOf, SiskinError } from '@siskin/protocol';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import type { Store } from '../../store.ts';
import { type ControlTables, kyselyControl } from '../control.ts';
import { sqliteCounts } from './counts.ts';
import { migrate } from './schema.ts';

const BUSY_MS = 5000;

/** @throws SiskinError `data_dir` if the file cannot be opened or is not ours. */
export function openSqlite(path: string): Store {
  const connections: Database.Database[] = [];
  const connect = (): Database.Database => {
    closeSync(openSync(path, 'a', 0o600)); // SQLite alone would let others read it
    const db = new Database(path, { timeout: BUSY_MS });
    connections.push(db);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    return db;
  };
  try {
    const hot = connect();
    migrate(hot);
    const control = new Kysely<ControlTables>({
      dialect: new SqliteDialect({ database: connect() }),
    });
    return {
      counts: sqliteCounts(hot),
      control: kyselyControl(control),
      async close() {
        await control.destroy();
        hot.close(); // the last connection checkpoints the WAL
      },
    };
  } catch (cause) {
    for (const db of connections) db.close();
    throw SiskinError.from(
      cause,
      'data_dir',
      `the database ${path} cannot be opened: ${messageOf(cause)}`,
    );
  }
}
