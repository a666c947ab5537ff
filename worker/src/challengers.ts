/** Versions that are tried on this device, and dropped here at once where they fail. */
import {
  catalogueOf,
  type ManifestModel,
  messageOf,
  SiskinError,
  type UnitEvent,
} from '@siskin/protocol';
import type { EngineEvent } from './api.ts';
import type { Database } from './database.ts';
import type { Host } from './host.ts';
import { Breaker } from './rollout/breaker.ts';
import { Guard, MAX_CRASHES } from './rollout/guard.ts';
import { Marker } from './rollout/marker.ts';
import type { Assignment, Live } from './serving/live.ts';
import { Spares } from './spares.ts';
import type { Telemetry } from './telemetry.ts';
import { Challenger } from './trial.ts';
import { UnitCounts } from './unit-counts.ts';

export interface ChallengersOptions {
  database: Database;
  telemetry: Pick<Telemetry, 'consent' | 'counter'>;
  onEvent(event: EngineEvent): void;
}

export class Challengers {
  readonly host: Host;
  readonly counts: UnitCounts;
  readonly spares = new Spares();
  readonly #options: ChallengersOptions;
  readonly #breaker: Breaker;
  readonly #marker: Marker;

  private constructor(host: Host, options: ChallengersOptions, breaker: Breaker) {
    this.host = host;
    this.counts = new UnitCounts(options.database, options.telemetry);
    this.#options = options;
    this.#breaker = breaker;
    this.#marker = new Marker(options.database, globalThis.navigator?.locks);
  }

  static async open(host: Host, options: ChallengersOptions): Promise<Challengers> {
    return new Challengers(host, options, await Breaker.open(options.database));
  }

  /** @returns undefined if a challenger does not work here: it is dropped, or tried again later. */
  async attempt(
    assignment: Assignment,
    model: ManifestModel,
    step: string | undefined,
    options: Parameters<Host['obtain']>[2],
  ): Promise<Live | undefined> {
    const { model: name, version, sequence } = assignment;
    if (this.#breaker.isOpen(name, version, sequence)) return undefined;
    const crashes = await this.#marker.crashes(name, version, sequence);
    if (crashes >= MAX_CRASHES) {
      await this.#marker.wipe(name);
      const message = `version "${version}" of model "${name}" took the page down ${crashes} times: it is not tried here again until the next manifest`;
      await this.#drop(assignment, new SiskinError('runtime_failed', message));
      await this.#count(assignment, model, step, 'crash');
      return undefined;
    }
    const { before, after } = this.#firstUse(assignment);
    try {
      return await this.host.obtain(assignment, model, { ...options, beforeRun: before });
    } catch (thrown) {
      if (options.signal.aborted) throw thrown;
      const error = SiskinError.from(thrown, 'runtime_failed', messageOf(thrown));
      await this.countFailure(assignment, model, step, error);
      if (error.retryable) this.tell(error);
      else await this.#drop(assignment, error);
      return undefined;
    } finally {
      await after();
    }
  }

  /** Watches over the runs of a version. */
  guard({ assignment, timings }: Live): Guard {
    return new Guard(timings.warmup, this.#firstUse(assignment));
  }

  /** What surrounds the predictions of a canary. */
  trialOf(live: Live, champion: Assignment, model: ManifestModel, step: string | undefined) {
    const inputsOf = (version: string) => JSON.stringify(model.versions[version]!.spec.inputs);
    const guard = this.guard(live);
    return new Challenger({
      counts: this.counts,
      step,
      guard,
      takesOthers: inputsOf(live.assignment.version) !== inputsOf(champion.version),
      champion: () =>
        this.spares.hold(champion.model, champion.version, (signal) =>
          this.host.obtain(champion, model, {
            signal: AbortSignal.any([signal, this.host.signal]),
          }),
        ),
      drop: async (failed, error) => {
        if (step !== undefined) await this.counts.happened(failed, step, 'crash');
        await this.trip(failed, guard, error);
      },
    });
  }

  /** A version that was loaded and has failed since. */
  async trip({ assignment, backend }: Live, { hanging }: Guard, cause: unknown): Promise<void> {
    const { model, version } = assignment;
    if (hanging !== undefined && backend === 'webgpu') {
      // Its sessions take turns: what hangs keeps every other one waiting.
      this.host.avoid(backend);
      void this.spares.keepOnly(model, []);
    }
    const message = `version "${version}" of model "${model}" failed too often here: the champion answers until the next manifest`;
    await this.#drop(assignment, new SiskinError('prediction_failed', message, { cause }));
    this.host.update();
  }

  /** @param thrown why a version could not be loaded. */
  async countFailure(
    assignment: Assignment,
    model: ManifestModel,
    step: string | undefined,
    thrown: unknown,
  ): Promise<void> {
    const { code, retryable } = SiskinError.from(thrown, 'runtime_failed', '');
    // A network that fails is no fault of a version.
    if (retryable) return;
    await this.#count(assignment, model, step, code === 'self_test_failed' ? 'self-test' : 'load');
  }

  #firstUse({ model, version, sequence }: Assignment) {
    let isMarked = false;
    return {
      before: async () => {
        isMarked = true;
        await this.#marker.set(model, version, sequence);
      },
      after: async () => {
        if (isMarked) await this.#marker.wipe(model);
      },
    };
  }

  async #count(
    assignment: Assignment,
    model: ManifestModel,
    step: string | undefined,
    event: UnitEvent,
  ): Promise<void> {
    if (step === undefined) return;
    const { spec, series } = model.versions[assignment.version]!;
    await this.counts.happened({ assignment, catalogue: catalogueOf(spec, series) }, step, event);
  }

  async #drop({ model, version, sequence }: Assignment, error: SiskinError): Promise<void> {
    await this.#breaker.drop(model, version, sequence);
    this.tell(error);
  }

  tell(thrown: unknown): void {
    const error = SiskinError.from(thrown, 'runtime_failed', messageOf(thrown));
    this.#options.onEvent({ type: 'error', error: error.toData() });
    if (error.retryable) this.host.retryLater();
  }
}
