/** The control plane through Kysely: one code path for every SQL engine. Documents are JSON text. */
import { SiskinError } from '@siskin/protocol';
import type { Generated, Kysely, Selectable } from 'kysely';
import type {
  AppRecord,
  AuditEntry,
  ControlReader,
  ControlStore,
  ControlWriter,
  Deployment,
  IssuedManifest,
  VersionRecord,
} from '../store.ts';

export interface ControlTables {
  apps: {
    name: string;
    write_key: string;
    secret_hash: string;
    revision: Generated<number>;
    created_at: number;
  };
  versions: {
    app: string;
    model: string;
    version: string;
    spec: string;
    profile: string;
    files: string;
    self_test: string | null;
    digest: string;
    created_at: number;
  };
  deployments: {
    app: string;
    model: string;
    sequence: number;
    champion: string;
    rollout: string | null;
    /** All that most deployments do without, as JSON. */
    rest: string | null;
    cause: Deployment['cause'];
    at: number;
  };
  seals: { app: string; model: string; version: string; record: string; signatures: string };
  manifests: IssuedManifest;
  audit: {
    id: Generated<number>;
    app: string;
    at: number;
    action: string;
    model: string | null;
    detail: string;
  };
  leases: { name: string; holder: string; expires: number };
}

type Row<Table extends keyof ControlTables> = Selectable<ControlTables[Table]>;

// Drivers hand out 64-bit integers as strings (PostgreSQL) or numbers (SQLite).
const appOf = (row: Row<'apps'>): AppRecord => ({
  name: row.name,
  writeKey: row.write_key,
  secretHash: row.secret_hash,
  createdAt: Number(row.created_at),
});
type VersionRow = Row<'versions'> & { seal_record: string | null; seal_signatures: string | null };
const versionOf = (row: VersionRow): VersionRecord => ({
  app: row.app,
  model: row.model,
  version: row.version,
  spec: JSON.parse(row.spec),
  profile: JSON.parse(row.profile),
  files: JSON.parse(row.files),
  ...(row.self_test !== null && { selfTest: JSON.parse(row.self_test) }),
  digest: row.digest,
  ...(row.seal_record !== null && {
    seal: { record: row.seal_record, signatures: JSON.parse(row.seal_signatures!) },
  }),
  createdAt: Number(row.created_at),
});
const deploymentOf = (row: Row<'deployments'>): Deployment => ({
  app: row.app,
  model: row.model,
  sequence: Number(row.sequence),
  champion: row.champion,
  ...(row.rollout !== null && { rollout: JSON.parse(row.rollout) }),
  ...(row.rest !== null && JSON.parse(row.rest)),
  cause: row.cause,
  at: Number(row.at),
});
const auditOf = (row: Row<'audit'>): AuditEntry => ({
  app: row.app,
  at: Number(row.at),
  action: row.action,
  ...(row.model !== null && { model: row.model }),
  detail: JSON.parse(row.detail),
});

const sealedVersions = (db: Kysely<ControlTables>) =>
  db
    .selectFrom('versions as v')
    .leftJoin('seals as s', (join) =>
      join
        .onRef('s.app', '=', 'v.app')
        .onRef('s.model', '=', 'v.model')
        .onRef('s.version', '=', 'v.version'),
    )
    .selectAll('v')
    .select(['s.record as seal_record', 's.signatures as seal_signatures']);

function reader(db: Kysely<ControlTables>): ControlReader {
  return {
    async apps() {
      return (await db.selectFrom('apps').selectAll().orderBy('name').execute()).map(appOf);
    },
    async app(name) {
      const query = db.selectFrom('apps').selectAll().where('name', '=', name);
      const row = await query.executeTakeFirst();
      return row && appOf(row);
    },
    async appOfKey(writeKey) {
      const query = db.selectFrom('apps').selectAll().where('write_key', '=', writeKey);
      const row = await query.executeTakeFirst();
      return row && appOf(row);
    },
    async version(app, model, version) {
      const row = await sealedVersions(db)
        .where('v.app', '=', app)
        .where('v.model', '=', model)
        .where('v.version', '=', version)
        .executeTakeFirst();
      return row && versionOf(row);
    },
    async versions(app, model) {
      const rows = await sealedVersions(db)
        .where('v.app', '=', app)
        .where('v.model', '=', model)
        .orderBy('v.created_at')
        .orderBy('v.version')
        .execute();
      return rows.map(versionOf);
    },
    async live(app) {
      const rows = await db
        .selectFrom('deployments as d')
        .selectAll()
        .where('app', '=', app)
        .where('sequence', '=', (eb) =>
          eb
            .selectFrom('deployments as newer')
            .select((e) => e.fn.max('newer.sequence').as('sequence'))
            .whereRef('newer.app', '=', 'd.app')
            .whereRef('newer.model', '=', 'd.model'),
        )
        .orderBy('model')
        .execute();
      return rows.map(deploymentOf);
    },
    async deployments(app, model) {
      const rows = await db
        .selectFrom('deployments')
        .selectAll()
        .where('app', '=', app)
        .where('model', '=', model)
        .orderBy('sequence', 'desc')
        .execute();
      return rows.map(deploymentOf);
    },
    async manifest(app) {
      const query = db.selectFrom('manifests').selectAll().where('app', '=', app);
      const row = await query.executeTakeFirst();
      return (
        row && {
          ...row,
          sequence: Number(row.sequence),
          issued: Number(row.issued),
          expires: Number(row.expires),
        }
      );
    },
    async audit(app, limit) {
      const query = db.selectFrom('audit').selectAll().where('app', '=', app);
      return (await query.orderBy('id', 'desc').limit(limit).execute()).map(auditOf);
    },
  };
}

function writer(db: Kysely<ControlTables>): ControlWriter {
  return {
    ...reader(db),
    async addVersion({ spec, profile, files, selfTest, seal: _, createdAt, ...rest }) {
      await db
        .insertInto('versions')
        .values({
          ...rest,
          spec: JSON.stringify(spec),
          profile: JSON.stringify(profile),
          files: JSON.stringify(files),
          self_test: selfTest === undefined ? null : JSON.stringify(selfTest),
          created_at: createdAt,
        })
        .execute();
    },
    async putSeal(app, model, version, { record, signatures }) {
      const seal = { record, signatures: JSON.stringify(signatures) };
      await db
        .insertInto('seals')
        .values({ app, model, version, ...seal })
        .onConflict((conflict) => conflict.columns(['app', 'model', 'version']).doUpdateSet(seal))
        .execute();
    },
    async addDeployment({ app, model, sequence, champion, rollout, cause, at, ...rest }) {
      await db
        .insertInto('deployments')
        .values({
          ...{ app, model, sequence, champion, cause, at },
          rollout: rollout === undefined ? null : JSON.stringify(rollout),
          rest: Object.keys(rest).length === 0 ? null : JSON.stringify(rest),
        })
        .execute();
    },
    async putManifest({ app, ...rest }) {
      await db
        .insertInto('manifests')
        .values({ app, ...rest })
        .onConflict((conflict) => conflict.column('app').doUpdateSet(rest))
        .execute();
    },
    async addAudit({ model, detail, ...rest }) {
      await db
        .insertInto('audit')
        .values({ ...rest, model: model ?? null, detail: JSON.stringify(detail) })
        .execute();
    },
  };
}

export function kyselyControl(db: Kysely<ControlTables>): ControlStore {
  return {
    ...reader(db),
    async createApp({ name, writeKey, secretHash, createdAt }) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('apps')
        .values({ name, write_key: writeKey, secret_hash: secretHash, created_at: createdAt })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows !== 1n)
        throw new SiskinError('conflict', `there is already an app "${name}"`);
    },
    change: (app, work) =>
      db.transaction().execute(async (tx) => {
        // A write comes first: it takes the app's row (or SQLite's write lock) for the whole change.
        const { numUpdatedRows } = await tx
          .updateTable('apps')
          .set((eb) => ({ revision: eb('revision', '+', 1) }))
          .where('name', '=', app)
          .executeTakeFirst();
        if (numUpdatedRows !== 1n) throw new SiskinError('not_found', `there is no app "${app}"`);
        return work(writer(tx));
      }),
    async lease(name, holder, now, ms) {
      const mine = { holder, expires: now + ms };
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('leases')
        .values({ name, ...mine })
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet(mine)
            .where((eb) =>
              eb.or([eb('leases.holder', '=', holder), eb('leases.expires', '<=', now)]),
            ),
        )
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    },
  };
}
