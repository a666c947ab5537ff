/**
 * Devices of a rollout, one by one. A device makes several predictions, and those of one device are alike:
 * a few devices fail often, the others never. Baselines drift while the ramp goes up, which is what
 * misleads tests of pooled counts.
 */
import { Random } from '../alarms/random.ts';

/** Shares of the canary; each step lasts as many ticks as the others. */
export const RAMP = [0.01, 0.05, 0.25, 0.5];
export const TICKS_A_STEP = 25;
export const TICKS = RAMP.length * TICKS_A_STEP;
const DEVICES_A_TICK = 300;

/** Mean predictions of a device, geometric from 1 on. */
const PREDICTIONS = 10;
/** Of a prediction on a device that fails: an intra-class correlation of about .3. */
const FAILS = 0.3;
/** P(at least one of its predictions fails): 1 − Σ_m P(m) .7^m. */
const ANY = 1 - 0.7 / PREDICTIONS / (1 - 0.7 * (1 - 1 / PREDICTIONS));

/** Bins of latency: eight an octave from 1 ms on. */
export const LATENCY_BINS = 96;

/** Devices, bad ones by kind, and latencies: of one arm in one tick. */
export class Tally {
  devices = 0;
  errors = 0;
  nulls = 0;
  redos = 0;
  latency = new Float64Array(LATENCY_BINS);
  predictions = 0;
  failedPredictions = 0;
}

export const shareAt = (tick: number): number => RAMP[Math.floor(tick / TICKS_A_STEP)]!;

export class World {
  readonly #random: Random;
  readonly #harm: number;

  /** @param harm the canary's error rate in multiples of the champion's. */
  constructor(seed: number, harm: number) {
    this.#random = new Random(seed);
    this.#harm = harm;
  }

  tick(tick: number): { A: Tally; B: Tally } {
    const arms = { A: new Tally(), B: new Tally() };
    const share = shareAt(tick);
    for (let i = 0; i < DEVICES_A_TICK; i++) {
      const isCanary = this.#random.uniform() < share;
      this.#device(tick / TICKS, isCanary ? arms.B : arms.A, isCanary ? this.#harm : 1);
    }
    return arms;
  }

  /** What the champion's devices looked like before the rollout. */
  latencyBefore(devices: number): Float64Array {
    const counts = new Float64Array(LATENCY_BINS);
    for (let i = 0; i < devices; i++) counts[this.#latency(0)]!++;
    return counts;
  }

  /** @param time 0 … 1: devices with an error go from .5 to 2 %, and the other baselines drift too. */
  #device(time: number, arm: Tally, harm: number): void {
    const random = this.#random;
    arm.devices++;
    const log = Math.log(1 - random.uniform());
    const predictions = 1 + Math.floor(log / Math.log(1 - 1 / PREDICTIONS));
    arm.predictions += predictions;
    if (random.uniform() < (harm * (0.005 + 0.015 * time)) / ANY) {
      let failed = 0;
      for (let i = 0; i < predictions; i++) if (random.uniform() < FAILS) failed++;
      arm.failedPredictions += failed;
      if (failed > 0) arm.errors++;
    }
    if (random.uniform() < 0.01 + 0.005 * time) arm.nulls++;
    if (random.uniform() < 0.12 + 0.06 * time) arm.redos++;
    arm.latency[this.#latency(time)]!++;
  }

  /** Bin of a device's median latency: log-normal around 30 ms, a fifth slower at the end. */
  #latency(time: number): number {
    const octaves = Math.log2(30) + 0.26 * time + 0.8 * this.#random.normal();
    return Math.min(LATENCY_BINS - 1, Math.max(0, Math.floor(octaves * 8)));
  }
}
