/**
 * Composes manifest, rollout, model store and runtimes: which version of each model answers on this
 * device, now and after an update.
 */
import {
  armOf,
  type Catalogue,
  catalogueOf,
  type Manifest,
  messageOf,
  SiskinError,
} from '@siskin/protocol';
import type { EngineEvent, ModelInfo, Progress } from './api.ts';
import { type LoadDeps, loadVersion } from './models/load.ts';
import { importPath, preparePath } from './path.ts';
import type { Breaker } from './rollout/breaker.ts';
import { type Assignment, createLive, type Live } from './serving/live.ts';
import { SharedLoad } from './serving/shared-load.ts';
import { Slot } from './serving/slot.ts';

/** An update that failed for a reason that may pass is tried again after this long. */
const RETRY_MS = 30_000;

export interface ServingOptions extends Pick<LoadDeps, 'store' | 'fetch' | 'now' | 'choose'> {
  deviceId: string;
  breaker: Breaker;
  /** Makes room: every file that is not kept may go. */
  prune(keep: ReadonlySet<string>): Promise<void>;
  manifestUrl: string;
  random(): number;
  manifest(): Manifest | undefined;
  onLoaded(live: Live, ms: number): void;
  onFailed(assignment: Assignment, catalogue: Catalogue, error: SiskinError): void;
  onEvent(event: EngineEvent): void;
}

export class Serving {
  readonly #options: ServingOptions;
  readonly #models = new Map<string, SharedLoad<Slot<Live>, Progress>>();
  readonly #stop = new AbortController();
  #updating: Promise<void> = Promise.resolve();
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ServingOptions) {
    this.#options = options;
  }

  /** Loads a model, once; later callers share the load. */
  async load(
    name: string,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<ModelInfo> {
    let loading = this.#models.get(name);
    if (loading === undefined || loading.stopped) {
      loading = this.#begin(name);
    }
    const { current } = await loading.wait(onProgress, signal);
    onProgress({ phase: 'ready', backend: current.backend });
    return infoOf(current);
  }

  /** @throws SiskinError `model_unknown` if the model has not been loaded. */
  async slot(name: string): Promise<Slot<Live>> {
    const loading = this.#models.get(name);
    if (loading === undefined) {
      throw new SiskinError(
        'model_unknown',
        `model "${name}" is not loaded: await siskin.model("${name}") first`,
      );
    }
    return loading.result;
  }

  /** The catalogue of a version that the manifest still knows. */
  catalogue(model: string, version: string): Catalogue | undefined {
    const known = this.#options.manifest()?.models[model]?.versions[version];
    return known === undefined ? undefined : catalogueOf(known.spec, known.series);
  }

  /** Follows a new manifest, one update at a time, while the old versions go on answering. */
  update(): Promise<void> {
    this.#updating = this.#updating.then(() => this.#update()).catch(() => undefined);
    return this.#updating;
  }

  /** Stops what loads, waits for what runs, and frees every version. */
  async close(): Promise<void> {
    this.#stop.abort(new SiskinError('closed', 'this client is closed: create a new one'));
    clearTimeout(this.#retry);
    await this.#updating;
    for (const loading of this.#models.values()) {
      await loading.result.then((slot) => slot.close()).catch(() => undefined);
    }
  }

  #begin(name: string): SharedLoad<Slot<Live>, Progress> {
    const loading = new SharedLoad<Slot<Live>, Progress>(async (onProgress, signal) => {
      const live = await this.#bring(
        name,
        onProgress,
        AbortSignal.any([signal, this.#stop.signal]),
      );
      return new Slot(live);
    });
    this.#models.set(name, loading);
    // A load that failed may be asked for again.
    loading.result.catch(() => {
      if (this.#models.get(name) === loading) this.#models.delete(name);
    });
    return loading;
  }

  async #update(): Promise<void> {
    clearTimeout(this.#retry);
    const { signal } = this.#stop;
    for (const [name, loading] of this.#models) {
      const slot = await loading.result.catch(() => undefined);
      if (signal.aborted) return;
      if (slot === undefined) continue;
      const from = slot.current;
      try {
        const next = await this.#bring(name, () => undefined, signal, from);
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
        if (signal.aborted) return;
        const error = SiskinError.from(thrown, 'runtime_failed', messageOf(thrown));
        this.#options.onEvent({ type: 'error', error: error.toData() });
        if (error.retryable) this.#retryLater();
      }
    }
    await this.#prune();
  }

  #retryLater(): void {
    clearTimeout(this.#retry);
    if (this.#stop.signal.aborted) return;
    const delay = RETRY_MS * (0.5 + this.#options.random());
    this.#retry = setTimeout(() => void this.update(), delay);
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
      if (signal.aborted) throw thrown;
      const error = SiskinError.from(thrown, 'runtime_failed', messageOf(thrown));
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
    const { store, fetch, now, choose, manifestUrl, onLoaded, onFailed, onEvent } = this.#options;
    const start = now();
    importPath(version);
    try {
      const { session, fallback } = await loadVersion(version, {
        store,
        fetch,
        now,
        choose,
        baseUrl: manifestUrl,
        signal,
        onProgress,
        onWarning: (error) => onEvent({ type: 'error', error: error.toData() }),
      });
      if (signal.aborted) {
        await session.dispose();
        throw signal.reason;
      }
      const live = createLive(assignment, version, session, fallback);
      await preparePath(live).catch(async (error: unknown) => {
        await live.dispose();
        throw error;
      });
      onLoaded(live, now() - start);
      return live;
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      const error = SiskinError.from(thrown, 'runtime_failed', messageOf(thrown));
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
      const slot = await loading.result.catch(() => undefined);
      if (slot !== undefined) versions.push(slot.current.version);
    }
    for (const { files, selfTest } of versions) {
      for (const { sha256 } of [...files, ...(selfTest === undefined ? [] : [selfTest])])
        keep.add(sha256);
    }
    await this.#options.prune(keep);
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
