/**
 * Composes manifest, rollout, model store and runtimes: which version of each model answers on this
 * device, now and after an update.
 */
import {
  armOf,
  type Backend,
  type Catalogue,
  catalogueOf,
  type Manifest,
  messageOf,
  SiskinError,
} from '@siskin/protocol';
import type { EngineEvent, ModelInfo, Progress } from './api.ts';
import { type LoadDeps, loadVersion } from './models/load.ts';
import type { ModelStore } from './models/store.ts';
import type { Breaker } from './rollout/breaker.ts';
import { choose } from './runtimes/choose.ts';
import { type Assignment, createLive, type Live } from './serving/live.ts';
import { Slot } from './serving/slot.ts';

/** An update that failed for a reason that may pass is tried again after this long. */
const RETRY_MS = 30_000;

export interface ServingOptions extends Pick<LoadDeps, 'fetch'> {
  allowSoftwareGpu: boolean;
  deviceId: string;
  breaker: Breaker;
  store: ModelStore;
  backends: readonly Backend[];
  assets: string | undefined;
  manifestUrl: string;
  now(): number;
  manifest(): Manifest | undefined;
  onLoaded(live: Live, ms: number): void;
  onFailed(assignment: Assignment, catalogue: Catalogue, error: SiskinError): void;
  onEvent(event: EngineEvent): void;
}

export class Serving {
  readonly #options: ServingOptions;
  readonly #models = new Map<string, Promise<Slot<Live>>>();
  #updating: Promise<void> = Promise.resolve();
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: ServingOptions) {
    this.#options = options;
  }

  /** Loads a model, once; later callers share the load and see its last progress only. */
  async load(
    name: string,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<ModelInfo> {
    let loading = this.#models.get(name);
    if (loading === undefined) {
      loading = this.#bring(name, onProgress, signal).then((live) => new Slot(live));
      this.#models.set(name, loading);
      // A load that failed may be asked for again.
      loading.catch(() => this.#models.delete(name));
    }
    const { current } = await loading;
    onProgress({ phase: 'ready', backend: current.backend });
    return infoOf(current);
  }

  /** @throws SiskinError `model_unknown` if the model has not been loaded. */
  async slot(name: string): Promise<Slot<Live>> {
    const slot = await this.#models.get(name);
    if (slot === undefined) {
      throw new SiskinError(
        'model_unknown',
        `model "${name}" is not loaded: await siskin.model("${name}") first`,
      );
    }
    return slot;
  }

  /** The catalogue of a version that the manifest or this device still knows. */
  catalogue(model: string, version: string): Catalogue | undefined {
    const known = this.#options.manifest()?.models[model]?.versions[version];
    return known === undefined ? undefined : catalogueOf(known.spec, known.series);
  }

  /** Follows a new manifest, one update at a time, while the old versions go on answering. */
  update(): Promise<void> {
    this.#updating = this.#updating.then(() => this.#update());
    return this.#updating;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#updating;
    for (const loading of this.#models.values()) {
      await loading.then((slot) => slot.close()).catch(() => undefined);
    }
  }

  async #update(): Promise<void> {
    clearTimeout(this.#retry);
    for (const [name, loading] of this.#models) {
      if (this.#closed) return;
      const slot = await loading.catch(() => undefined);
      if (slot === undefined) continue;
      const from = slot.current;
      try {
        const next = await this.#bring(name, () => undefined, new AbortController().signal, from);
        if (this.#closed) {
          if (next !== from) await next.dispose();
          return;
        }
        slot.swap(next);
        if (next !== from) {
          const info = infoOf(next);
          this.#options.onEvent({
            type: 'swap',
            model: name,
            from: from.assignment.version,
            to: info.version,
            info,
          });
        }
      } catch (thrown) {
        const error = SiskinError.from(thrown, 'runtime_failed', messageOf(thrown));
        this.#options.onEvent({ type: 'error', error: error.toData() });
        if (error.retryable) this.#retryLater();
      }
    }
    await this.#prune();
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => void this.update(), RETRY_MS * (0.5 + Math.random()));
    (this.#retry as { unref?: () => void }).unref?.();
  }

  /** The version this device should run, `running` itself if it is that already. */
  async #bring(
    name: string,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
    running?: Live,
  ): Promise<Live> {
    const manifest = this.#options.manifest();
    const model = manifest?.models[name];
    if (manifest === undefined || model === undefined) {
      const known = Object.keys(manifest?.models ?? {}).join(', ') || 'none';
      throw new SiskinError(
        'model_unknown',
        `the manifest has no model "${name}" (it has: ${known}): publish it, or check the name`,
      );
    }
    const { sequence } = manifest;
    const { deviceId, breaker } = this.#options;
    const chosen = armOf(model, deviceId);
    const champion: Assignment = {
      model: name,
      version: model.champion,
      arm: 'champion',
      sequence,
    };
    if (chosen.arm === 'champion' || breaker.isOpen(name, chosen.version, sequence)) {
      return this.#obtain(champion, manifest, onProgress, signal, running);
    }
    try {
      return await this.#obtain(
        { model: name, sequence, ...chosen },
        manifest,
        onProgress,
        signal,
        running,
      );
    } catch (thrown) {
      // A challenger cannot hurt the champion: dropped here at once, before any server knows.
      const error = SiskinError.from(thrown, 'runtime_failed', messageOf(thrown));
      if (error.code === 'aborted') throw error;
      if (!error.retryable) await breaker.drop(name, chosen.version, sequence);
      else this.#retryLater();
      this.#options.onEvent({ type: 'error', error: error.toData() });
      return this.#obtain(champion, manifest, onProgress, signal, running);
    }
  }

  async #obtain(
    assignment: Assignment,
    manifest: Manifest,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
    running: Live | undefined,
  ): Promise<Live> {
    if (running?.assignment.version === assignment.version) {
      running.assignment = assignment;
      return running;
    }
    const version = manifest.models[assignment.model]!.versions[assignment.version]!;
    const {
      store,
      fetch,
      backends,
      assets,
      allowSoftwareGpu,
      manifestUrl,
      now,
      onLoaded,
      onFailed,
    } = this.#options;
    const start = now();
    try {
      const loaded = await loadVersion(version, {
        store,
        fetch,
        now,
        baseUrl: manifestUrl,
        signal,
        onProgress,
        choose: (format) =>
          choose(format, { backends, allowSoftwareGpu, assets, gpu: globalThis.navigator?.gpu }),
        onWarning: (error) => this.#options.onEvent({ type: 'error', error: error.toData() }),
      });
      const live = createLive(assignment, version, loaded.session, loaded.fallback);
      onLoaded(live, now() - start);
      return live;
    } catch (thrown) {
      const error = SiskinError.from(thrown, 'runtime_failed', messageOf(thrown));
      if (error.code !== 'aborted')
        onFailed(assignment, catalogueOf(version.spec, version.series), error);
      throw error;
    }
  }

  /** Keeps what the manifest names and what still answers; the rest makes room. */
  async #prune(): Promise<void> {
    const keep = new Set<string>();
    const versions = Object.values(this.#options.manifest()?.models ?? {}).flatMap((model) =>
      Object.values(model.versions),
    );
    for (const loading of this.#models.values()) {
      const slot = await loading.catch(() => undefined);
      if (slot !== undefined) versions.push(slot.current.version);
    }
    for (const { files, selfTest } of versions) {
      for (const { sha256 } of [...files, ...(selfTest === undefined ? [] : [selfTest])])
        keep.add(sha256);
    }
    await this.#options.store.prune(keep);
  }
}

export function infoOf(live: Live): ModelInfo {
  return {
    ...live.assignment,
    backend: live.backend,
    spec: live.version.spec,
    ...(live.fallback === undefined ? {} : { fallback: live.fallback }),
  };
}
