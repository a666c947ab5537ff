/** Versions that are loaded and do not answer: at most one for each model. */
import type { Live } from './serving/live.ts';

interface Spare {
  version: string;
  loading: Promise<Live>;
  stop: AbortController;
}

export class Spares {
  readonly #spares = new Map<string, Spare>();

  has(model: string, version: string): boolean {
    return this.#spares.get(model)?.version === version;
  }

  /** Takes over what is loaded. */
  give(model: string, live: Live): void {
    void this.#free(model);
    const { version } = live.assignment;
    this.#spares.set(model, {
      version,
      loading: Promise.resolve(live),
      stop: new AbortController(),
    });
  }

  /** The version, loaded once and held on to. @throws what `load` throws. */
  hold(
    model: string,
    version: string,
    load: (signal: AbortSignal) => Promise<Live>,
  ): Promise<Live> {
    const held = this.#spares.get(model);
    if (held?.version === version) return held.loading;
    void this.#free(model);
    const stop = new AbortController();
    const spare: Spare = { version, loading: load(stop.signal), stop };
    this.#spares.set(model, spare);
    spare.loading.catch(() => {
      if (this.#spares.get(model) === spare) this.#spares.delete(model);
    });
    return spare.loading;
  }

  /** Gives it away. @returns undefined if it is another one, or none. */
  async take(model: string, version: string): Promise<Live | undefined> {
    const spare = this.#spares.get(model);
    if (spare?.version !== version) return undefined;
    this.#spares.delete(model);
    return spare.loading.catch(() => undefined);
  }

  async keepOnly(model: string, versions: readonly (string | undefined)[]): Promise<void> {
    const spare = this.#spares.get(model);
    if (spare !== undefined && !versions.includes(spare.version)) await this.#free(model);
  }

  async close(): Promise<void> {
    for (const model of [...this.#spares.keys()]) await this.#free(model);
  }

  async #free(model: string): Promise<void> {
    const spare = this.#spares.get(model);
    if (spare === undefined) return;
    this.#spares.delete(model);
    spare.stop.abort();
    await spare.loading.then((live) => live.dispose()).catch(() => undefined);
  }
}
