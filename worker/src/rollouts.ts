/**
 * What a device does with a rollout: it chooses its arm, keeps challengers from hurting anyone, and
 * sees to what goes on beside. Loaded when a manifest has a rollout.
 */
import {
  armOf,
  type Capabilities,
  type Catalogue,
  type ManifestModel,
  type Rollout,
  type Signal,
} from '@siskin/protocol';
import { Beside, type BesideOptions } from './beside.ts';
import { Challengers, type ChallengersOptions } from './challengers.ts';
import type { Host, ObtainOptions } from './host.ts';
import { capabilitiesOf } from './rollout/capabilities.ts';
import { probeGpu } from './runtimes/probe.ts';
import type { Assignment, Live } from './serving/live.ts';
import type { Slot } from './serving/slot.ts';
import { observed } from './trial.ts';
import { stepOf } from './unit-counts.ts';
import { VERSION } from './version.ts';

export interface RolloutsOptions extends BesideOptions, ChallengersOptions {
  telemetry: ChallengersOptions['telemetry'];
  gpu: GPU | undefined;
  allowSoftwareGpu: boolean;
}

export class Rollouts {
  readonly #options: RolloutsOptions;
  readonly #challengers: Challengers;
  readonly #beside: Beside;
  #device: Promise<Capabilities> | undefined;

  private constructor(options: RolloutsOptions, challengers: Challengers) {
    this.#options = options;
    this.#challengers = challengers;
    this.#beside = new Beside(challengers, options);
  }

  static async open(host: Host, options: RolloutsOptions): Promise<Rollouts> {
    return new Rollouts(options, await Challengers.open(host, options));
  }

  /** The version of this device's arm, or the champion where that does not work. */
  async bring(champion: Assignment, model: ManifestModel, options: ObtainOptions): Promise<Live> {
    const { host, counts } = this.#challengers;
    const device = await this.#capabilities(model.rollout);
    const step = stepOf(model.rollout, device);
    const chosen = { ...champion, ...armOf(model, this.#options.deviceId, device) };
    if (chosen.arm === 'canary') {
      const live = await this.#challengers.attempt(chosen, model, step, options);
      if (live !== undefined) {
        live.trial = this.#challengers.trialOf(live, champion, model, step);
        return live;
      }
    }
    try {
      const live = await host.obtain(champion, model, options);
      // What stands in for the other arm is a unit of neither.
      const isUnit = step !== undefined && chosen.arm === 'champion';
      live.trial = isUnit ? observed(counts, step) : undefined;
      return live;
    } catch (thrown) {
      if (chosen.arm === 'champion' && !options.signal.aborted)
        await this.#challengers.countFailure(champion, model, step, thrown);
      throw thrown;
    }
  }

  /** A version that is held ready, if it is the one. */
  take({ model, version }: Assignment): Promise<Live | undefined> {
    return this.#challengers.spares.take(model, version);
  }

  /** Holds a version ready that no longer answers. @returns false if there is no use for it. */
  spare(old: Live, { rollout, champion, off }: ManifestModel): boolean {
    const { model, version } = old.assignment;
    if (off || rollout?.strategy !== 'blue-green') return false;
    if (version !== champion && version !== rollout.version) return false;
    this.#challengers.spares.give(model, old);
    return true;
  }

  /** Sees to what goes on beside what answers now. */
  async settle(
    name: string,
    model: ManifestModel,
    sequence: number,
    slot: Slot<Live>,
  ): Promise<void> {
    const device = await this.#capabilities(model.rollout);
    await this.#beside.settle({ name, model, sequence, device }, slot);
  }

  /** What a person did with an answer. */
  async signalled(
    { champion, rollout }: ManifestModel,
    counted: { assignment: Assignment; catalogue: Catalogue },
    signal: Signal,
  ): Promise<void> {
    const step = stepOf(rollout, await this.#capabilities(rollout));
    const { arm, version } = counted.assignment;
    if (step === undefined || signal === 'accept') return;
    if (version !== (arm === 'canary' ? rollout?.version : champion)) return;
    await this.#challengers.counts.signalled(counted, step, signal);
  }

  /** Resolves when what happened until now is counted. */
  settled(): Promise<void> {
    return this.#challengers.counts.settled();
  }

  async close(): Promise<void> {
    await this.#beside.close();
    await this.#challengers.spares.close();
  }

  #capabilities(rollout: Rollout | undefined): Promise<Capabilities> | Capabilities {
    if (rollout === undefined || rollout.strategy === 'blue-green' || rollout.target === undefined)
      return {};
    const { gpu, allowSoftwareGpu } = this.#options;
    const hasGpu = async () => (await probeGpu(gpu, allowSoftwareGpu)) === 'ok';
    this.#device ??= capabilitiesOf(globalThis.navigator, hasGpu, VERSION);
    return this.#device;
  }
}
