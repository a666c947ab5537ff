/**
 * Composes manifest, rollout, model store and runtimes: which version of each model answers on this
 * device, now and after an update.
 */
import {
  type Backend,
  type Catalogue,
  catalogueOf,
  type Manifest,
  type ManifestModel,
  messageOf,
  SiskinError,
} from '@siskin/protocol';
import type { ModelInfo, Progress } from './api.ts';
import type { BringDeps } from './bring.ts';
import type { Host, ObtainOptions } from './host.ts';
import { lazy } from './lazy.ts';
import type { Rollouts } from './rollouts.ts';
import { type Assignment, createOff, isOff, type Live } from './serving/live.ts';
import { SharedLoad } from './serving/shared-load.ts';
import { Slot } from './serving/slot.ts';

/** An update that failed for a reason that may pass is tried again after this long. */
const RETRY_MS = 30_000;

export interface ServingOptions extends BringDeps {
  /** What rollouts take: fetched when a manifest has one. */
  openRollouts(host: Host): Promise<Rollouts>;
  /** Makes room: every file that is not kept may go. */
  prune(keep: ReadonlySet<string>): Promise<void>;
  random(): number;
  manifest(): Manifest | undefined;
}

export class Serving {
  readonly #options: ServingOptions;
  readonly #bringing = lazy('what loads models', () => import('./bring.ts'));
  readonly #openRollouts: () => Promise<Rollouts>;
  /** Once there was a rollout. */
  #rollouts: Rollouts | undefined;
  readonly #models = new Map<string, SharedLoad<Slot<Live>, Progress>>();
  readonly #stop = new AbortController();
  readonly #avoided = new Set<Backend>();
  #updating: Promise<void> = Promise.resolve();
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ServingOptions) {
    this.#options = options;
    const { signal } = this.#stop;
    const host: Host = {
      obtain: (assignment, model, options) =>
        this.#obtain(assignment, model, { onProgress: () => undefined, ...options }),
      update: () => void this.update(),
      retryLater: () => this.#retryLater(),
      avoid: (backend) => this.#avoided.add(backend),
      signal,
    };
    this.#openRollouts = lazy('what rollouts take', () => options.openRollouts(host));
    // There when the manifest is.
    this.#bringing().catch(() => undefined);
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

  /** What counts units, if the model has a rollout. */
  async rollouts(name: string): Promise<{ rollouts: Rollouts; model: ManifestModel } | undefined> {
    const model = this.#options.manifest()?.models[name];
    if (model?.rollout === undefined) return undefined;
    return { rollouts: await this.#openRollouts(), model };
  }

  /** Resolves when what rollouts have seen is counted. */
  async settled(): Promise<void> {
    await this.#rollouts?.settled();
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
    await this.#rollouts?.close();
  }

  #begin(name: string): SharedLoad<Slot<Live>, Progress> {
    const loading = new SharedLoad<Slot<Live>, Progress>(async (onProgress, signal) => {
      const stop = AbortSignal.any([signal, this.#stop.signal]);
      return new Slot(await this.#bring(name, stop, onProgress));
    });
    this.#models.set(name, loading);
    loading.result.then(
      (slot) => this.#settle(name, slot),
      () => {
        // A load that failed may be asked for again.
        if (this.#models.get(name) === loading) this.#models.delete(name);
      },
    );
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
        const next = await this.#bring(name, signal, () => undefined, from);
        const spared =
          next !== from && this.#rollouts?.spare(from, this.#model(name).model) === true;
        slot.swap(next, spared);
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
        void this.#settle(name, slot);
      } catch (thrown) {
        if (signal.aborted) return;
        this.#tell(thrown);
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

  #model(name: string): { sequence: number; model: ManifestModel } {
    const manifest = this.#options.manifest();
    const model = manifest?.models[name];
    if (manifest === undefined || model === undefined) {
      const known = Object.keys(manifest?.models ?? {}).join(', ') || 'none';
      throw new SiskinError(
        'model_unknown',
        `the manifest has no model "${name}" (it has: ${known}): publish it, or check the name`,
      );
    }
    return { sequence: manifest.sequence, model };
  }

  /** The version this device should run, `running` itself if it is that already. */
  async #bring(
    name: string,
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
    running?: Live,
  ): Promise<Live> {
    const { sequence, model } = this.#model(name);
    const { champion: version } = model;
    const champion: Assignment = { model: name, version, arm: 'champion', sequence };
    if (model.off) return createOff(champion, model.versions[version]!);
    const options = { signal, onProgress, running, spare: true };
    const rollouts = await this.#rolloutsFor(model.rollout !== undefined);
    if (rollouts !== undefined) return rollouts.bring(champion, model, options);
    const live = await this.#obtain(champion, model, options);
    live.trial = undefined;
    return live;
  }

  /** A challenger cannot hurt the champion, nor can code for it that does not come. */
  async #rolloutsFor(needed: boolean): Promise<Rollouts | undefined> {
    if (!needed) return undefined;
    try {
      this.#rollouts = await this.#openRollouts();
      return this.#rollouts;
    } catch (thrown) {
      this.#tell(thrown);
      return undefined;
    }
  }

  async #obtain(
    assignment: Assignment,
    { versions, automation }: ManifestModel,
    { running, spare, ...options }: ObtainOptions,
  ): Promise<Live> {
    const version = versions[assignment.version]!;
    const isRunning = running?.assignment.version === assignment.version && !isOff(running);
    let live = isRunning ? running : spare ? await this.#rollouts?.take(assignment) : undefined;
    if (live === undefined) {
      const { bring } = await this.#bringing();
      live = await bring(assignment, version, this.#options, { ...options, avoid: this.#avoided });
    }
    live.assignment = assignment;
    live.automation = automation ?? version.spec.automation;
    return live;
  }

  /** What goes on beside what answers: a version in waiting, a shadow, files to fall back on. */
  async #settle(name: string, slot: Slot<Live>): Promise<void> {
    const manifest = this.#options.manifest();
    const model = manifest?.models[name];
    // A model that was taken away runs on as it is.
    if (manifest === undefined || model === undefined) return;
    // A rollout's code is there by now, or is told to be missing.
    const wanted = !model.off && model.rollout === undefined && model.keep !== undefined;
    const rollouts = (await this.#rolloutsFor(wanted)) ?? this.#rollouts;
    await rollouts?.settle(name, model, manifest.sequence, slot);
  }

  /** Something failed beside a call: it is told, and tried again where that may help. */
  #tell(thrown: unknown): void {
    if (this.#stop.signal.aborted) return;
    const error = SiskinError.from(thrown, 'runtime_failed', messageOf(thrown));
    this.#options.onEvent({ type: 'error', error: error.toData() });
    if (error.retryable) this.#retryLater();
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
    spec: { ...live.version.spec, automation: live.automation },
    ...(isOff(live) ? { off: true } : {}),
    ...(live.fallback === undefined ? {} : { fallback: live.fallback }),
  };
}
