/** Tables, as a list of migrations: the file's `user_version` says how many have been applied. */
import { SiskinError } from '@siskin/protocol';
import type { Database } from 'better-sqlite3';

const MIGRATIONS = [
  `
  CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    app TEXT NOT NULL, model TEXT NOT NULL, version TEXT NOT NULL, arm TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (app, model, version, arm, name)
  ) STRICT;
  CREATE TABLE counts (
    series INTEGER NOT NULL, window INTEGER NOT NULL, device_group INTEGER NOT NULL,
    packed BLOB NOT NULL,
    PRIMARY KEY (series, window, device_group)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE batches (
    app TEXT NOT NULL, id TEXT NOT NULL, received INTEGER NOT NULL,
    PRIMARY KEY (app, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX batches_by_age ON batches (received);

  CREATE TABLE apps (
    name TEXT PRIMARY KEY, write_key TEXT NOT NULL UNIQUE, secret_hash TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE versions (
    app TEXT NOT NULL, model TEXT NOT NULL, version TEXT NOT NULL,
    spec TEXT NOT NULL, profile TEXT NOT NULL, files TEXT NOT NULL, self_test TEXT,
    digest TEXT NOT NULL, created_at INTEGER NOT NULL,
    PRIMARY KEY (app, model, version)
  ) STRICT;
  CREATE TABLE deployments (
    app TEXT NOT NULL, model TEXT NOT NULL, sequence INTEGER NOT NULL,
    champion TEXT NOT NULL, canary TEXT, cause TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (app, model, sequence)
  ) STRICT;
  CREATE TABLE manifests (
    app TEXT PRIMARY KEY, sequence INTEGER NOT NULL,
    issued INTEGER NOT NULL, expires INTEGER NOT NULL, envelope TEXT NOT NULL
  ) STRICT;
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    app TEXT NOT NULL, at INTEGER NOT NULL, action TEXT NOT NULL, model TEXT, detail TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_by_app ON audit (app, id);
  ${['versions', 'deployments', 'audit'].map(appendOnly).join('')}
  `,
  // Under a key list versions are sealed, and sealed again when the artifact key changes.
  `
  CREATE TABLE seals (
    app TEXT NOT NULL, model TEXT NOT NULL, version TEXT NOT NULL,
    record TEXT NOT NULL, signatures TEXT NOT NULL,
    PRIMARY KEY (app, model, version)
  ) STRICT;
  `,
  // Rollouts have strategies and states; a canary of before is one that nothing but people moves.
  `
  DROP TRIGGER deployments_no_update;
  DROP TRIGGER deployments_no_delete;
  ALTER TABLE deployments RENAME COLUMN canary TO rollout;
  ALTER TABLE deployments ADD COLUMN rest TEXT;
  UPDATE deployments SET rollout = json_set(rollout, '$.strategy', 'canary', '$.state', 'running',
    '$.from', sequence, '$.since', at) WHERE rollout IS NOT NULL;
  ${appendOnly('deployments')}
  CREATE TABLE leases (
    name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires INTEGER NOT NULL
  ) STRICT;
  `,
];

/** History that could be rewritten would prove nothing. */
function appendOnly(table: string): string {
  return ['UPDATE', 'DELETE']
    .map(
      (change) => `
  CREATE TRIGGER ${table}_no_${change.toLowerCase()} BEFORE ${change} ON ${table}
  BEGIN SELECT RAISE(ABORT, '${table} is append-only'); END;`,
    )
    .join('');
}

/** @throws SiskinError `data_dir` if a newer release wrote the file. */
export function migrate(db: Database): void {
  const run = db.transaction(() => {
    const done = db.pragma('user_version', { simple: true }) as number;
    if (done > MIGRATIONS.length) {
      throw new SiskinError(
        'data_dir',
        `${db.name} was written by a newer release of siskin: upgrade this one`,
      );
    }
    for (const migration of MIGRATIONS.slice(done)) db.exec(migration);
    db.pragma(`user_version = ${MIGRATIONS.length}`);
  });
  run.immediate();
}
