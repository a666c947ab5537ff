/**
 * The engine: everything on the device that is off the main thread, behind the comlink surface.
 * It composes the rooms; time, randomness and network are passed in.
 */
import { type Manifest, messageOf, type Signal, SiskinError, toBase64 } from '@siskin/protocol';
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
import { type Database, openDatabase } from './database.ts';
import { type Decision, Decisions } from './labels/decisions.ts';
import { ManifestSource } from './manifest/source.ts';
import { verifyEd25519 } from './manifest/verify.ts';
import { ModelStore } from './models/store.ts';
import { predict } from './predict.ts';
import {
  observeConsistency,
  observeError,
  observeLoad,
  observeOutcome,
  observeSignal,
  observeStage,
} from './profiler/observe.ts';
import { reply } from './replies.ts';
import { Breaker } from './rollout/breaker.ts';
import { identify } from './rollout/identity.ts';
import { choose } from './runtimes/choose.ts';
import { Serving } from './serving.ts';
import { Telemetry } from './telemetry.ts';

export interface Environment {
  fetch: typeof fetch;
  now(): number;
  random(): number;
}

const BROWSER: Environment = {
  fetch: (...args) => fetch(...args),
  now: () => Date.now(),
  random: () => Math.random(),
};

interface Parts {
  database: Database;
  source: ManifestSource;
  serving: Serving;
  telemetry: Telemetry;
  decisions: Decisions;
}

export class Engine implements EngineApi {
  readonly #environment: Environment;
  readonly #calls = new Map<string, AbortController>();
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
    return this.#call(call, (signal) => this.#started().serving.load(model, onProgress, signal));
  }

  predict(call: string, model: string, input: Input): Promise<Reply<PredictionData>> {
    return this.#call(call, async (signal) => {
      const { serving, telemetry, decisions } = this.#started();
      const asked = performance.now();
      const slot = await serving.slot(model);
      const id = this.#visit + (this.#asked++).toString(36);
      return slot.run(async (live) => {
        signal.throwIfAborted();
        const { data, predicted } = await predict(id, live, input, telemetry, asked);
        decisions.add(id, predicted, live.version.spec.labels?.keepDays);
        return data;
      });
    });
  }

  cancel(call: string): void {
    this.#calls.get(call)?.abort(new SiskinError('aborted', 'the call was aborted'));
  }

  feedback(prediction: string, signal: Signal, label?: string): Promise<Reply<void>> {
    return reply(async () => {
      const decision = await this.#decision(prediction);
      if (decision === null) return;
      const { assignment, catalogue } = decision;
      observeSignal(this.#started().telemetry.counter(assignment, catalogue), signal);
      // Who corrects an answer tells the truth by it; who accepts one confirms it.
      const truth = label ?? (signal === 'accept' ? decision.label : null);
      if (truth !== null) await this.#join(prediction, decision, truth);
    }, 'internal');
  }

  outcome(prediction: string, label: string | number): Promise<Reply<void>> {
    return reply(async () => {
      const decision = await this.#decision(prediction);
      if (decision === null) return;
      if (decision.value !== null && typeof label !== 'number') {
        throw new SiskinError(
          'input_invalid',
          `the outcome of a prediction of model "${decision.assignment.model}" is a number: pass it as one`,
        );
      }
      await this.#join(prediction, decision, label);
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
    return reply(
      async () => ({ waiting: await this.#started().telemetry.flush({ closing, force: true }) }),
      'internal',
    );
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
      for (const call of this.#calls.keys()) this.cancel(call);
      await parts.serving.close();
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
    const { fetch, now, random } = this.#environment;
    const { id: deviceId, group } = await identify(database);
    // Without a collector nothing is counted, and the manifest is a file: none of these is asked for.
    const { collector = '' } = config;
    const appUrl = `${collector}v1/apps/${encodeURIComponent(config.app)}`;
    const manifestUrl = config.manifest ?? `${appUrl}/manifest`;
    const source = new ManifestSource({
      url: manifestUrl,
      events: config.manifest === undefined ? `${appUrl}/events` : undefined,
      app: config.app,
      minSequence: config.minSequence,
      publicKeys: config.publicKeys,
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
    const serving = new Serving({
      deviceId,
      breaker: await Breaker.open(database),
      store,
      prune: (keep) => store.prune(keep),
      choose: (format) =>
        choose(format, { backends, allowSoftwareGpu, assets, gpu: globalThis.navigator?.gpu }),
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

  /** @returns null without consent: nothing is kept then, and nothing counted. */
  async #decision(id: string): Promise<Decision | null> {
    const decision = await this.#started().decisions.find(id);
    if (decision === undefined) {
      throw new SiskinError(
        'prediction_unknown',
        `prediction "${id}" is not known on this device: it is older than the model's labels.keepDays, or from elsewhere`,
      );
    }
    return decision;
  }

  /** A prediction has one truth: counts cannot be taken back, so the first that is told is kept. */
  async #join(id: string, decision: Decision, truth: string | number): Promise<void> {
    const { telemetry, decisions } = this.#started();
    const told = await decisions.tell(id, truth);
    const counter = telemetry.counter(decision.assignment, decision.catalogue);
    if (told.truth === undefined) observeOutcome(counter, decision, truth);
    else if (told.checked !== true) observeConsistency(counter, told.truth, truth);
  }

  async #call<T>(call: string, work: (signal: AbortSignal) => Promise<T>): Promise<Reply<T>> {
    const controller = new AbortController();
    this.#calls.set(call, controller);
    const answer = await reply(() => work(controller.signal), 'internal');
    this.#calls.delete(call);
    if (!answer.ok && controller.signal.aborted) {
      return {
        ok: false,
        error: SiskinError.from(
          controller.signal.reason,
          'aborted',
          messageOf(controller.signal.reason),
        ).toData(),
      };
    }
    return answer;
  }
}
