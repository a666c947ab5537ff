/** What the judge is given: counts of devices, and what they are to be judged by. */
import type { HardFailures } from './hardRules.ts';
import type { Exposed } from './sampleRatio.ts';
import type { Stratum } from './stratum.ts';

/** Probability that a canary no worse than the champion is ever rolled back, over all guardrails. */
export const ALPHA = 0.05;
/** A canary is promoted once its rates are shown to be below so many times the champion's. */
export const PROMOTE_RATIO = 2;

export interface Guardrail {
  name: string;
  /** `rare`: whose are the bad events? `common`: devices without one count as well. */
  kind: 'rare' | 'common';
  /** Of `rare` with one stratum: concentration of the prior. */
  c?: number | undefined;
  /** Of `rare`: rate ratios that are bet on, ≥ 1. Live, where strata are added, always to be given. */
  grid?: readonly number[] | undefined;
  /** In place of the common one. */
  promoteRatio?: number | undefined;
  /** Share of the canary's devices below which a rate is safe whatever its ratio; left out, none is. */
  negligible?: number | undefined;
  strata: readonly Stratum[];
}

export interface JudgeInput {
  alpha: number;
  promoteRatio: number;
  guardrails: readonly Guardrail[];
  /** Devices of each step of the ramp, whatever became of them. */
  exposed: readonly Exposed[];
  /** Canary devices that the step needs before it may be promoted (0). */
  minDevices?: number | undefined;
  /** Whether the step has lasted as long as it must before it may be promoted (yes). */
  baked?: boolean | undefined;
  /** Whether time is up (no). */
  deadlinePassed?: boolean | undefined;
  hard?: HardFailures | undefined;
}
