/** What the ML team and its pipelines do: upload, publish, look up. */
import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { definitionsOf, SiskinError } from '@siskin/protocol';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { AuditEntry, ControlReader } from '../store.ts';
import type { ArtifactStore } from './artifacts.ts';
import type { Published } from './delivery.ts';
import { stateOf } from './stateOf.ts';

/** A spec and a profile of thousands of series fit; models go to `/artifacts`. */
const MAX_JSON = 32 * 1024 * 1024;

export interface AdminOptions {
  control: ControlReader;
  artifacts: ArtifactStore;
  /** Checks, tries and registers the version that a request's JSON describes. */
  publish(app: string, model: string, body: unknown): Promise<PublishAnswer>;
}

export interface PublishAnswer extends Published {
  version: string;
  /** What a person should look at before rolling it out. */
  warnings: string[];
}

export function adminRoutes({ control, artifacts, publish }: AdminOptions): Hono {
  const limit = bodyLimit({
    maxSize: MAX_JSON,
    onError: () => {
      throw new SiskinError('batch_too_large', `a request has at most ${MAX_JSON} bytes of JSON`);
    },
  });
  return new Hono()
    .put('/artifacts/:sha256', async (c) => {
      const body = c.req.raw.body as WebStream<Uint8Array> | null;
      const content = body === null ? Readable.from([]) : Readable.fromWeb(body);
      const sha256 = c.req.param('sha256');
      return c.json({ sha256, bytes: await artifacts.put(sha256, content) }, 201);
    })
    .post('/apps/:app/models/:model/versions', limit, async (c) => {
      const { app, model } = c.req.param();
      const published = await publish(app, model, await json(c));
      return c.json({ app, model, ...published }, published.created ? 201 : 200);
    })
    .get('/apps/:app', async (c) => {
      const name = c.req.param('app');
      const app = (await control.apps()).find((one) => one.name === name);
      if (app === undefined) throw new SiskinError('not_found', `there is no app "${name}"`);
      return c.json({ app: name, writeKey: app.writeKey });
    })
    .get('/apps/:app/models', async (c) =>
      c.json({ models: (await control.live(c.req.param('app'))).map(stateOf) }),
    )
    .get('/apps/:app/models/:model/versions/:version', async (c) => {
      const { app, model, version } = c.req.param();
      const record = await control.version(app, model, version);
      if (record === undefined) {
        throw new SiskinError('not_found', `model "${model}" has no version "${version}"`);
      }
      const { spec, profile, digest, createdAt } = record;
      return c.json({
        version,
        published: new Date(createdAt).toISOString(),
        digest,
        spec,
        series: definitionsOf(profile),
        metrics: profile.metrics,
      });
    })
    .get('/apps/:app/models/:model/rollout', async (c) => {
      const { app, model } = c.req.param();
      const history = await control.deployments(app, model);
      if (history.length === 0) {
        throw new SiskinError('not_found', `app "${app}" has no model "${model}"`);
      }
      const versions = await control.versions(app, model);
      const publishers = publishersOf(await control.audit(app, Number.MAX_SAFE_INTEGER), model);
      return c.json({
        ...stateOf(history[0]!),
        versions: versions.map(({ version, createdAt, profile, spec }) => ({
          version,
          published: new Date(createdAt).toISOString(),
          by: publishers.get(version) ?? null,
          metrics: profile.metrics,
          ...(spec.notes !== undefined && { notes: spec.notes }),
        })),
        history: history.map(stateOf),
      });
    })
    .get('/apps/:app/audit', async (c) => {
      const entries = await control.audit(c.req.param('app'), 1000);
      return c.json({
        entries: entries.map((entry) => ({ ...entry, at: new Date(entry.at).toISOString() })),
      });
    });
}

/** By version, who published it, where they said so. */
function publishersOf(entries: readonly AuditEntry[], model: string): Map<string, string> {
  return new Map(
    entries.flatMap(({ action, model: of, detail: { version, by } }) =>
      action === 'publish' && of === model && typeof version === 'string' && typeof by === 'string'
        ? [[version, by]]
        : [],
    ),
  );
}

/** The request's JSON; an empty body is an empty object. */
async function json(c: Context): Promise<unknown> {
  const text = await c.req.text();
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch (cause) {
    throw new SiskinError('usage', 'the request is not JSON', { cause });
  }
}
