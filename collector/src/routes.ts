/** Everything that is not a batch or an artifact, as one Hono application. */
import { SiskinError } from '@siskin/protocol';
import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { adminRoutes } from './delivery/adminRoutes.ts';
import type { ArtifactStore } from './delivery/artifacts.ts';
import type { Delivery } from './delivery/delivery.ts';
import type { EventHub } from './delivery/events.ts';
import { publicRoutes } from './delivery/publicRoutes.ts';
import { type RolloutRouteOptions, rolloutRoutes } from './delivery/rolloutRoutes.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { problemOf } from './problem.ts';
import type { Publisher } from './publishing.ts';
import type { Reporter } from './reporting.ts';
import { signInPage } from './reports/html/page.ts';
import { liveRoutes, page, reportRoutes } from './reports/routes.ts';
import { requireAdmin } from './security/admin.ts';
import { type DashboardAccess, sessions } from './security/sessions.ts';
import type { Store } from './store.ts';

export interface Rooms {
  store: Store;
  delivery: Delivery;
  artifacts: ArtifactStore;
  publish: Publisher;
  hub: EventHub;
  freezeEdges: RolloutRouteOptions['freezeEdges'];
  judgement: RolloutRouteOptions['judgement'];
  /** The signed key lists, where there are any. */
  keyFile(): string | undefined;
  makeReport: Reporter;
  metrics: Metrics;
  log: Log;
  dashboard: DashboardAccess;
  now(): number;
  /** False while starting and stopping. */
  ready(): boolean;
}

export function createRoutes(rooms: Rooms): Hono {
  const { store, makeReport, metrics, log, now } = rooms;
  const { control } = store;
  const app = new Hono();

  app.onError((thrown, c) => {
    const { status, headers, body } = problemOf(thrown);
    if (status >= 500) log.error({ err: thrown, path: c.req.path }, 'request failed');
    return c.json(body, status as ContentfulStatusCode, headers);
  });
  app.notFound(() => {
    throw new SiskinError('not_found', 'there is nothing at this address');
  });

  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get('/readyz', async (c) => {
    if (!rooms.ready()) return c.json({ status: 'stopping' }, 503);
    await control.apps(); // throws where the database does not answer
    return c.json({ status: 'ready' });
  });
  app.get('/metrics', async (c) => {
    for (const { name } of await control.apps()) {
      const manifest = await control.manifest(name);
      if (manifest) metrics.manifestSequence.set({ app: name }, manifest.sequence);
    }
    const { registry } = metrics;
    return c.body(await registry.metrics(), 200, { 'Content-Type': registry.contentType });
  });

  app.route('/v1/apps', publicRoutes(control, rooms.hub, rooms.keyFile));

  app.use('/v1/admin/*', async (c, next) => {
    const start = performance.now();
    await next();
    const ms = Math.round(performance.now() - start);
    log.info({ method: c.req.method, path: c.req.path, status: c.res.status, ms }, 'admin');
  });
  // Twice: no admin route is open to nobody's secret, and none of an app to another's.
  app.use('/v1/admin/*', requireAdmin(control));
  app.use('/v1/admin/apps/:app/*', requireAdmin(control));
  app.route('/v1/admin', adminRoutes({ ...rooms, control }));
  app.route('/v1/admin', rolloutRoutes({ ...rooms, control }));
  app.route('/v1/admin', reportRoutes(makeReport, now));

  const people = sessions({
    control,
    access: rooms.dashboard,
    now,
    signInPage: async (c, wrong) => page(c, await signInPage(wrong), 401),
  });
  app.route('/', people.routes);
  app.use('/', people.guard);
  app.route('/', liveRoutes(makeReport, control, people.appsOf, now));
  return app;
}
