/** The client: one app on one page. It composes worker, lifecycle and models. */
import { type Signal, SiskinError } from '@siskin/protocol';
import {
  type EngineApi,
  type EngineEvent,
  type Progress,
  type Reply,
  spawnWorker,
} from '@siskin/worker';
import { proxy, type Remote } from 'comlink';
import { whenHidden } from './lifecycle.ts';
import { Model } from './model.ts';
import { checkBrowser, type SiskinOptions, toConfig } from './options.ts';
import { type CallOptions, Supervisor } from './supervisor.ts';

export type EventOf<T extends EngineEvent['type']> = Extract<EngineEvent, { type: T }>;

export interface LoadOptions extends CallOptions {
  onProgress?: (progress: Progress) => void;
}

export interface Siskin {
  /**
   * Loads the version that this device should run; resolves when it has been verified and warmed up.
   * The same model each time it is asked for by this name.
   */
  model(name: string, options?: LoadOptions): Promise<Model>;
  /**
   * The true label or value of an earlier prediction, by its `id`: also on a later visit, as long as
   * the model's `labels.keepDays`. The first that is told of a prediction counts.
   * @throws SiskinError `prediction_unknown`, `input_invalid`.
   */
  outcome(prediction: string, label: string | number): Promise<void>;
  /** What the person did with an earlier answer, by the prediction's `id`. */
  feedback(prediction: string, kind: Signal, about?: { label?: string }): Promise<void>;
  /** Seals the open window and sends what waits. @returns how many batches still wait. */
  flush(): Promise<{ waiting: number }>;
  /** Withdrawn consent stops counting and deletes what has not been sent. */
  setConsent(consent: boolean): Promise<void>;
  /** Exactly what has been counted and will be sent. */
  inspect(): Promise<unknown[]>;
  /** @returns stops listening. */
  on<T extends EngineEvent['type']>(type: T, listener: (event: EventOf<T>) => void): () => void;
  /** Sends what waits, frees the models and ends the worker. */
  close(): Promise<void>;
}

function unwrap<T>(reply: Reply<T>): T {
  if (!reply.ok) throw SiskinError.fromData(reply.error);
  return reply.value;
}

/**
 * @throws SiskinError `config_invalid` or `browser_unsupported`, at once; the worker starts with the
 *   first call.
 */
export function createSiskin(options: SiskinOptions): Siskin {
  checkBrowser();
  const config = toConfig(options);
  const models = new Map<string, Model>();
  const listeners = new Map<string, Set<(event: never) => void>>();

  let warned = false;
  const onEvent = (event: EngineEvent): void => {
    if (event.type === 'swap') models.get(event.model)?.follow(event.info);
    if (event.type === 'batch' && event.code === 'key_unknown' && !warned) {
      warned = true;
      console.warn(`Siskin: the collector does not know the write key of app "${config.app}"`);
    }
    for (const listener of listeners.get(event.type) ?? []) {
      // A listener that throws is the page's fault to see, and must not end the others.
      try {
        listener(event as never);
      } catch (error) {
        reportError(error);
      }
    }
  };

  const start = async (engine: Remote<EngineApi>): Promise<void> => {
    unwrap(await engine.start(config, proxy(onEvent)));
    // After a crash: what was loaded is loaded again.
    for (const [name, model] of models) {
      model.follow(unwrap(await engine.load(crypto.randomUUID(), name)));
    }
  };
  const supervisor = new Supervisor(spawnWorker, start);

  const stopListening = whenHidden(() => {
    if (!supervisor.running) return;
    supervisor.call((engine) => engine.flush(true)).catch(() => undefined);
  });

  return {
    async model(name, { onProgress, ...call } = {}) {
      const info = await supervisor.call(
        (engine, id) => engine.load(id, name, proxy(onProgress ?? (() => undefined))),
        call,
      );
      const model = models.get(name) ?? new Model(info, supervisor);
      model.follow(info);
      models.set(name, model);
      return model;
    },
    outcome: (prediction, label) => supervisor.call((engine) => engine.outcome(prediction, label)),
    feedback: (prediction, kind, about) =>
      supervisor.call((engine) => engine.feedback(prediction, kind, about?.label)),
    flush: () => supervisor.call((engine) => engine.flush(false)),
    async setConsent(given) {
      // Without a collector there is nowhere to send counts, and so none are made.
      const consent = given && config.collector !== undefined;
      config.consent = consent;
      // What an earlier visit left is deleted even if nothing has run on this page yet.
      if (consent && !supervisor.running) return;
      await supervisor.call((engine) => engine.setConsent(consent));
    },
    inspect: () => supervisor.call((engine) => engine.inspect()),
    on(type, listener) {
      const those = listeners.get(type) ?? new Set();
      listeners.set(type, those.add(listener as (event: never) => void));
      return () => those.delete(listener as (event: never) => void);
    },
    async close() {
      stopListening();
      await supervisor.close((engine) => engine.close());
    },
  };
}
