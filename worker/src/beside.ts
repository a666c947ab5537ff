/**
 * What goes on beside the version that answers: the other of blue and green is made ready, a shadow
 * answers, and what may be needed without a network is fetched while there is one.
 */
import {
  type Arm,
  type Capabilities,
  type ManifestModel,
  SiskinError,
  shadowOf,
} from '@siskin/protocol';
import type { Challengers } from './challengers.ts';
import type { Assignment, Live } from './serving/live.ts';
import type { Slot } from './serving/slot.ts';
import { Shadow } from './shadow.ts';
import { type StockOptions, stock } from './stock.ts';
import type { Telemetry } from './telemetry.ts';
import { stepOf } from './unit-counts.ts';

export interface BesideOptions extends Omit<StockOptions, 'signal'> {
  deviceId: string;
  telemetry: Pick<Telemetry, 'counter'>;
  random(): number;
}

/** One model as its manifest wants it. */
interface Wanted {
  name: string;
  model: ManifestModel;
  sequence: number;
  device: Capabilities;
}

export class Beside {
  readonly #challengers: Challengers;
  readonly #options: BesideOptions;
  readonly #shadows = new Map<string, Shadow>();
  readonly #stops = new Map<string, AbortController>();

  constructor(challengers: Challengers, options: BesideOptions) {
    this.#challengers = challengers;
    this.#options = options;
  }

  /** Never rejects: what fails is told. A later call breaks off what an earlier one began. */
  async settle(wanted: Wanted, slot: Slot<Live>): Promise<void> {
    this.#stops.get(wanted.name)?.abort(new SiskinError('aborted', 'a newer manifest came'));
    const stop = new AbortController();
    this.#stops.set(wanted.name, stop);
    const signal = AbortSignal.any([stop.signal, this.#challengers.host.signal]);
    try {
      await this.#stage(wanted, slot.current);
      await this.#follow(wanted, slot, signal);
      await this.#stock(wanted, slot.current, signal);
    } catch (thrown) {
      if (!signal.aborted) this.#challengers.tell(thrown);
    }
  }

  async close(): Promise<void> {
    for (const shadow of this.#shadows.values()) await shadow.close();
  }

  /** Brings the other of blue and green to where it could answer at once. */
  async #stage({ name, model, sequence }: Wanted, current: Live): Promise<void> {
    const { spares, host } = this.#challengers;
    const { rollout, champion, off } = model;
    const { version, arm } = current.assignment;
    // What a canary has fallen back on once it may need again.
    const fallback = arm === 'canary' && !off ? champion : undefined;
    if (rollout?.strategy !== 'blue-green' || off) return spares.keepOnly(name, [fallback]);
    const isGreen = version === rollout.version;
    const twin: Assignment = {
      model: name,
      version: isGreen ? champion : rollout.version,
      arm: isGreen ? 'champion' : 'canary',
      sequence,
    };
    await spares.keepOnly(name, [twin.version]);
    if (twin.version === version) return;
    await spares
      .hold(name, twin.version, async (stop) => {
        const signal = AbortSignal.any([stop, host.signal]);
        if (isGreen) return host.obtain(twin, model, { signal });
        const live = await this.#challengers.attempt(twin, model, stepOf(rollout, {}), { signal });
        // Dropped or tried again later, and told, by then.
        if (live === undefined) throw new SiskinError('aborted', 'not on this device');
        return live;
      })
      .catch((error: unknown) => {
        if (!(error instanceof SiskinError && error.code === 'aborted')) throw error;
      });
  }

  async #follow(wanted: Wanted, slot: Slot<Live>, signal: AbortSignal): Promise<void> {
    const { name, model, sequence, device } = wanted;
    const chosen = model.off ? undefined : shadowOf(model, this.#options.deviceId, device);
    const old = this.#shadows.get(name);
    if (old !== undefined && old.live.assignment.version === chosen?.version && !old.tripped) {
      old.follow(sequence, chosen.sample);
      slot.current.trial = old;
      return;
    }
    this.#shadows.delete(name);
    await old?.close();
    if (chosen === undefined) return;
    const arm: Arm = 'shadow';
    const assignment = { model: name, version: chosen.version, arm, sequence };
    const live = await this.#challengers.attempt(assignment, model, undefined, { signal });
    if (live === undefined) return;
    if (signal.aborted) return live.dispose();
    const guard = this.#challengers.guard(live);
    const { random, telemetry } = this.#options;
    const shadow = new Shadow(live, {
      guard,
      sample: chosen.sample,
      random,
      idle: () => slot.idle(),
      counter: () => telemetry.counter(live.assignment, live.catalogue),
      onTripped: (error) => void this.#challengers.trip(live, guard, error),
    });
    this.#shadows.set(name, shadow);
    slot.current.trial = shadow;
  }

  /** Files of the champion and of what is to be kept: going back needs no network. */
  async #stock({ model }: Wanted, current: Live, signal: AbortSignal): Promise<void> {
    const kept = new Set([model.champion, ...(model.keep ?? [])]);
    kept.delete(current.assignment.version);
    const versions = [...kept].map((version) => model.versions[version]!);
    await stock(versions, { ...this.#options, signal });
  }
}
