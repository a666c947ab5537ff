/**
 * The collector: composes storage, ingest, delivery and reports behind one HTTP server. Batches and
 * artifacts, which are most of the traffic, go straight from node:http to their handlers.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { LIMITS, messageOf, SiskinError } from '@siskin/protocol';
import { closer } from './closer.ts';
import { type ConfigInput, parseConfig } from './config.ts';
import { DataFolder } from './dataFolder.ts';
import { artifactHandler } from './delivery/artifactHandler.ts';
import { ArtifactStore } from './delivery/artifacts.ts';
import { Delivery } from './delivery/delivery.ts';
import { EventHub } from './delivery/events.ts';
import { evaluator } from './evaluating.ts';
import { keysIn } from './folderKeys.ts';
import { edgeFreezer } from './freezing.ts';
import { Committer } from './ingest/committer.ts';
import { ingestHandler } from './ingest/handler.ts';
import { lookups } from './ingest/lookups.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { type PublisherOptions, publisher } from './publishing.ts';
import { reporter } from './reporting.ts';
import { rolloutReporter } from './rolloutReporting.ts';
import { createRoutes } from './routes.ts';
import { originFilter, publicAccess } from './security/cors.ts';
import { openSqlite } from './store/sqlite/open.ts';
import { Trials } from './trial/trials.ts';
import { fold } from './windows/fold.ts';
import { windowStart } from './windows/windowStart.ts';

const HOUR_MS = 3_600_000;
/** A device sends a batch again for as long as batches are accepted; one day more for slow clocks. */
const REMEMBER_BATCHES_MS = LIMITS.ageMs + 24 * HOUR_MS;
/** Checked sixteen times in a manifest's life and renewed after 3/8 of it: always before half. */
const RENEWAL = { checks: 16, age: 3 / 8 };
/** setInterval takes no more. */
const MAX_INTERVAL_MS = 2 ** 31 - 1;
/** With the one under way they are done before a client's fetch gives up, after five minutes. */
const TRIALS_WAITING = 3;
/** How long requests may go on after the collector was asked to stop. */
const GRACE_MS = 10_000;

export type CollectorOptions = ConfigInput & {
  /** Epoch milliseconds; for tests. */
  now?: () => number;
  /** In place of a trial of what is published; for tests that need models only to be there. */
  tryModel?: PublisherOptions['tryModel'];
};

export interface Collector {
  /** Base URL, ending in "/". */
  url: string;
  /** Finishes what is under way, commits and closes. */
  close(): Promise<void>;
}

/**
 * Starts a collector on a data folder that `createApp` (or `siskin init`) has prepared.
 * @throws SiskinError `config_invalid`, `data_dir` or `port_in_use`.
 */
export async function startCollector(options: CollectorOptions): Promise<Collector> {
  const { now = Date.now, tryModel, ...given } = options;
  const config = parseConfig(given, 'the configuration');
  const folder = new DataFolder(config.data);
  folder.checkWritable();
  keysIn(folder); // throws where there are none
  const log = createLog(config.log);
  const store = openSqlite(folder.database);
  const windowMs = config.window * 1000;

  const hub = new EventHub();
  const metrics = createMetrics(() => hub.size);
  const artifacts = new ArtifactStore(folder.artifacts, config.maxArtifact * 2 ** 20);
  const delivery = new Delivery({
    control: store.control,
    keys: () => keysIn(folder),
    validityMs: config.validity * HOUR_MS,
    now,
    newSalt: () => randomBytes(12).toString('base64url'),
    announce: (app, sequence) => hub.announce(app, sequence),
  });
  const trials = new Trials({
    ms: config.trialSeconds * 1000,
    memory: config.trialMemory * 2 ** 20,
    waiting: TRIALS_WAITING,
  });
  const evaluations = evaluator({
    store,
    delivery,
    holder: randomBytes(12).toString('base64url'),
    everyMs: config.evaluate * 1000,
    now,
    onAction: ({ model, cause, why }) => log.info({ model, cause, why }, 'rollout'),
    onFault: (error) => log.error({ err: error }, 'rollout not judged'),
  });
  const committer = new Committer({
    tickMs: 10,
    maxGroup: 256,
    maxWaiting: 10_000,
    append: (received) =>
      store.counts.append(
        received.map(({ app, batch, receivedAt }) => ({ app, id: batch.id, receivedAt })),
        (isNew) =>
          fold(
            received
              .filter((_, i) => isNew[i])
              .map(({ app, batch, receivedAt }) => ({
                app,
                batch,
                window: windowStart(receivedAt, batch.age, windowMs),
              })),
          ),
      ),
    onCommit(batches, seconds) {
      metrics.commitBatches.observe(batches);
      metrics.commitSeconds.observe(seconds);
    },
  });
  const ingest = ingestHandler({
    committer,
    ...lookups(store.control),
    originAllowed: originFilter(config.origins),
    now,
    onResult(result, bytes) {
      metrics.batches.inc({ result });
      metrics.batchBytes.observe(bytes);
    },
    onFault: (error) => log.error({ err: error }, 'batch not stored'),
  });
  const artifact = artifactHandler(artifacts);
  let ready = false;
  const routes = createRoutes({
    store,
    delivery,
    artifacts,
    publish: publisher({
      control: store.control,
      artifacts,
      delivery,
      tryModel: tryModel ?? ((request, bytes) => trials.run(request, bytes)),
    }),
    hub,
    keyFile: () => folder.keyFile(),
    freezeEdges: edgeFreezer(store.counts, now),
    judgement: rolloutReporter({ store, windowMs, now }),
    makeReport: reporter({ store, windowMs, now }),
    metrics,
    log,
    dashboard: config.dashboard,
    now,
    ready: () => ready,
  });
  const others = getRequestListener(routes.fetch);

  const server = createServer({ headersTimeout: 15_000, keepAliveTimeout: 65_000 });
  const shut = closer(server);
  server.on('request', (request, response) => {
    if (publicAccess(request, response)) return;
    const [, kind, name] =
      /^\/v1\/(batches|artifacts)\/([^/?]+)(?:\?.*)?$/.exec(request.url!) ?? [];
    if (kind === 'batches' && request.method === 'POST') void ingest(request, response, name!);
    else if (kind === 'artifacts' && (request.method === 'GET' || request.method === 'HEAD')) {
      artifact(request, response, name!);
    } else void others(request, response);
  });

  const timers: NodeJS.Timeout[] = [];
  const every = (ms: number, what: string, work: () => Promise<unknown>): void => {
    const run = (): void => {
      work().catch((error: unknown) => log.error({ err: error }, `${what} failed`));
    };
    timers.push(setInterval(run, Math.min(ms, MAX_INTERVAL_MS)).unref());
  };

  try {
    await delivery.renewOlderThan(RENEWAL.age);
    await store.counts.forgetBatches(now() - REMEMBER_BATCHES_MS);
    await listen(server, config.port, config.host);
  } catch (error) {
    await store.close();
    throw error;
  }
  every((config.validity * HOUR_MS) / RENEWAL.checks, 'renewing manifests', () =>
    delivery.renewOlderThan(RENEWAL.age),
  );
  every(config.evaluate * 1000, 'judging rollouts', () => evaluations.look());
  every(HOUR_MS, 'forgetting old batch ids', () =>
    store.counts.forgetBatches(now() - REMEMBER_BATCHES_MS),
  );

  const { address, port, family } = server.address() as AddressInfo;
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`;
  folder.setRunning(url);
  ready = true;
  log.info({ url, data: folder.root }, 'listening');

  let closing: Promise<void> | undefined;
  return {
    url,
    close() {
      closing ??= (async () => {
        ready = false;
        for (const timer of timers) clearInterval(timer);
        hub.close();
        await trials.close();
        await shut(GRACE_MS);
        await committer.drain();
        await evaluations.settled();
        folder.clearRunning();
        await store.close();
        log.info('stopped');
      })();
      return closing;
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const inUse = cause.code === 'EADDRINUSE';
      reject(
        new SiskinError(
          inUse ? 'port_in_use' : 'config_invalid',
          inUse
            ? `port ${port} on ${host} is in use: end what listens there, or choose another with --port (0 takes any free one)`
            : `cannot listen on port ${port} of ${host}: ${messageOf(cause)}`,
          { cause },
        ),
      );
    });
    server.listen(port, host, resolve);
  });
}
