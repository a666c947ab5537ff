/**
 * The engine: everything on the device that is off the main thread, behind the comlink surface.
 * It composes the rooms; time, randomness and network are passed in.
 */
import {
  type Manifest,
  type ModelSpec,
  type Signal,
  SiskinError,
  toBase64,
} from '@siskin/protocol';
import type {
  EngineApi,
  EngineConfig,
  EngineEvent,
  Input,
  ModelInfo,
  PredictionData,
  Progress,
  Reply,
} from './api.ts';
import { Calls } from './calls.ts';
import { type Database, openDatabase } from './database.ts';
import { Decisions } from './labels/decisions.ts';
import { lazy } from './lazy.ts';
import { ManifestSource } from './manifest/source.ts';
import { verifyEd25519 } from './manifest/verify.ts';
import { ModelStore } from './models/store.ts';
import type { Prediction } from './predict.ts';
import { observeError, observeLoad, observeStage } from './profiler/observe.ts';
import { reply } from './replies.ts';
import { identify } from './rollout/identity.ts';
import type { Choice } from './runtimes/runtime.ts';
import type { Ask, Live } from './serving/live.ts';
import { Serving } from './serving.ts';
import { Telemetry } from './telemetry.ts';

export interface Environment {
  fetch: typeof fetch;
  now(): number;
  random(): number;
  /** Other runtimes than those there are. */
  choose?(format: ModelSpec['format']): Promise<Choice>;
}

const BROWSER: Environment = {
  fetch: (...args) => fetch(...args),
  now: () => Date.now(),
  random: () => Math.random(),
};

/** Nobody sees the answer. */
const UNSEEN: ModelSpec['automation'] = { level: 'shadow', threshold: 1 };

interface Parts {
  database: Database;
  source: ManifestSource;
  serving: Serving;
  telemetry: Telemetry;
  decisions: Decisions;
}

export class Engine implements EngineApi {
  readonly #environment: Environment;
  readonly #predicting = lazy('what predicts', () => import('./predict.ts'));
  readonly #telling = lazy('what takes outcomes', () => import('./feedback.ts'));
  readonly #calls = new Calls();
  /** Predictions are numbered within this engine; the rest of their ids tells engines apart. */
  readonly #visit = toBase64(crypto.getRandomValues(new Uint8Array(9)));
  #asked = 0;
  #parts: Parts | undefined;

  constructor(environment: Partial<Environment> = {}) {
    this.#environment = { ...BROWSER, ...environment };
  }

  start(config: EngineConfig, onEvent: (event: EngineEvent) => void): Promise<Reply<void>> {
    return reply(async () => {
      const database = await openDatabase(config.storage ?? config.app);
      try {
        const parts = await this.#compose(config, database, onEvent);
        // Nothing runs on a timer yet when this fails, as it does without any manifest.
        await parts.source.start();
        await parts.telemetry.start();
        this.#parts = parts;
      } catch (error) {
        database.close();
        throw error;
      }
    }, 'internal');
  }

  load(
    call: string,
    model: string,
    onProgress: (progress: Progress) => void = () => undefined,
  ): Promise<Reply<ModelInfo>> {
    return this.#calls.run(call, async (signal) => {
      const loading = this.#started().serving.load(model, onProgress, signal);
      // There when the model is.
      this.#predicting().catch(() => undefined);
      return loading;
    });
  }

  predict(call: string, model: string, input: Input): Promise<Reply<PredictionData>> {
    return this.#calls.run(call, async (signal) => {
      const { serving } = this.#started();
      const asked = performance.now();
      const slot = await serving.slot(model);
      return slot.run((live) => this.#answer(live, input, signal, asked));
    });
  }

  shadow(call: string, model: string, input: Input): Promise<Reply<{ id: string }>> {
    return this.#calls.run(call, async (signal) => {
      const slot = await this.#started().serving.slot(model);
      await slot.idle();
      const asked = performance.now();
      return slot.run(async (live) => {
        const { id } = await this.#answer(live, input, signal, asked, UNSEEN);
        return { id };
      });
    });
  }

  cancel(call: string): void {
    this.#calls.cancel(call);
  }

  feedback(prediction: string, signal: Signal, label?: string): Promise<Reply<void>> {
    return reply(async () => {
      const parts = this.#started();
      const { feedback } = await this.#telling();
      await feedback(parts, prediction, signal, label);
    }, 'internal');
  }

  outcome(prediction: string, label: string | number): Promise<Reply<void>> {
    return reply(async () => {
      const parts = this.#started();
      const { outcome } = await this.#telling();
      await outcome(parts, prediction, label);
    }, 'internal');
  }

  stage(model: string, stage: string, ms: number, failed: boolean): Promise<Reply<void>> {
    return reply(async () => {
      const { serving, telemetry } = this.#started();
      const { assignment, catalogue } = (await serving.slot(model)).current;
      observeStage(telemetry.counter(assignment, catalogue), stage, ms, failed);
    }, 'internal');
  }

  flush(closing: boolean): Promise<Reply<{ waiting: number }>> {
    return reply(async () => {
      const { serving, telemetry } = this.#started();
      if (!closing) await serving.settled();
      return { waiting: await telemetry.flush({ closing, force: true }) };
    }, 'internal');
  }

  setConsent(consent: boolean): Promise<Reply<void>> {
    return reply(async () => {
      const { telemetry, decisions } = this.#started();
      await telemetry.setConsent(consent);
      await decisions.setConsent(consent);
    }, 'internal');
  }

  inspect(): Promise<Reply<unknown[]>> {
    return reply(() => this.#started().telemetry.inspect(), 'internal');
  }

  close(): Promise<Reply<void>> {
    return reply(async () => {
      const parts = this.#parts;
      if (parts === undefined) return;
      this.#parts = undefined;
      parts.source.close();
      this.#calls.cancelAll();
      await parts.serving.close();
      await parts.serving.settled();
      await parts.telemetry.close();
      await parts.decisions.write();
      parts.database.close();
    }, 'internal');
  }

  async #compose(
    config: EngineConfig,
    database: Database,
    onEvent: (event: EngineEvent) => void,
  ): Promise<Parts> {
    const { fetch, now, random, choose } = this.#environment;
    const { id: deviceId, group } = await identify(database);
    // Without a collector nothing is counted, and the manifest is a file: none of these is asked for.
    const { collector = '' } = config;
    const appUrl = `${collector}v1/apps/${encodeURIComponent(config.app)}`;
    const manifestUrl = config.manifest ?? `${appUrl}/manifest`;
    const source = new ManifestSource({
      url: manifestUrl,
      events: config.manifest === undefined ? `${appUrl}/events` : undefined,
      app: config.app,
      publicKeys: config.publicKeys,
      minSequence: config.minSequence,
      pollMs: config.pollMs,
      verify: verifyEd25519,
      database,
      fetch,
      now,
      random,
      onManifest: ({ sequence }: Manifest) => {
        onEvent({ type: 'manifest', sequence });
        void this.#parts?.serving.update();
      },
      onError: (error) => onEvent({ type: 'error', error: error.toData() }),
    });
    const decisions = new Decisions(database, now, config.consent);
    const telemetry = new Telemetry({
      url: `${collector}v1/batches/${encodeURIComponent(config.key)}`,
      group,
      windowMs: config.windowMs,
      consent: config.consent,
      database,
      fetch,
      now,
      random,
      catalogue: (model, version) => serving.catalogue(model, version),
      onEvent,
      onWrite: () => void decisions.write(),
    });
    const store = new ModelStore(database, now);
    const { backends, allowSoftwareGpu, assets } = config;
    const gpu = globalThis.navigator?.gpu;
    const serving = new Serving({
      openRollouts: async (host) => {
        const { Rollouts } = await import('./rollouts.ts');
        return Rollouts.open(host, {
          database,
          deviceId,
          telemetry,
          store,
          fetch,
          baseUrl: manifestUrl,
          gpu,
          allowSoftwareGpu,
          random,
          onEvent,
        });
      },
      store,
      prune: (keep) => store.prune(keep),
      choose:
        choose ??
        (async (format) => {
          const { choose } = await import('./runtimes/choose.ts');
          return choose(format, { backends, allowSoftwareGpu, assets, gpu });
        }),
      manifestUrl,
      fetch,
      now,
      random,
      manifest: () => source.manifest,
      onLoaded: (live, ms) => {
        observeLoad(telemetry.counter(live.assignment, live.catalogue), ms, live.fallback);
      },
      onFailed: (assignment, catalogue, error) => {
        observeError(telemetry.counter(assignment, catalogue), error.code);
      },
      onEvent,
    });
    return { database, source, serving, telemetry, decisions };
  }

  #started(): Parts {
    if (this.#parts === undefined)
      throw new SiskinError('closed', 'this client is closed: create a new one');
    return this.#parts;
  }

  async #answer(
    live: Live,
    input: Input,
    signal: AbortSignal,
    asked: number,
    automation?: ModelSpec['automation'],
  ): Promise<PredictionData> {
    signal.throwIfAborted();
    const { predict } = await this.#predicting();
    const { telemetry, decisions } = this.#started();
    const id = this.#visit + (this.#asked++).toString(36);
    const ask: Ask<Prediction> = (on, given, since = asked) =>
      predict(id, on, given, telemetry, since, automation);
    const { data, predicted } = await (live.trial?.run(live, input, ask) ?? ask(live, input));
    decisions.add(id, predicted, live.version.spec.labels?.keepDays);
    return data;
  }
}
