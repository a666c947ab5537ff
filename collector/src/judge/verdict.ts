/**
 * The canary's judge. It may be asked after every batch; the answer is to be acted on when it comes.
 */
import { harmOfCommon, safetyOfCommon } from './commonRate.ts';
import { harmOfRare, mixtureFor, safetyOfRare } from './eventSplit.ts';
import { type Evidence, evidenceOf } from './evidence.ts';
import { brokenRules } from './hardRules.ts';
import { belowRate, eitherOf } from './negligible.ts';
import type { Guardrail, JudgeInput } from './policy.ts';
import { mismatch, SRM_ALPHA } from './sampleRatio.ts';
import { type Compared, comparedOf } from './stratum.ts';

/**
 * `promote`: to the next step. `continue`: wait for more devices. `rollback`: the champion again, everywhere.
 * `inconclusive`: time is up; hold the step and ask a human. `hold`: nothing can be said, or not be trusted.
 */
export type Outcome = 'promote' | 'continue' | 'rollback' | 'inconclusive' | 'hold';

export type Reason =
  | 'hard rule'
  | 'sample-ratio mismatch'
  | 'no data'
  | 'harm'
  | 'safe'
  | 'too early'
  | 'deadline'
  | 'open';

export interface GuardrailVerdict extends Compared {
  name: string;
  /** Against "the canary's rate is not above the champion's". */
  harm: Evidence;
  /** Against "it is at least `ratio` times the champion's", and not negligible where that is named. */
  safe: Evidence;
  ratio: number;
  state: 'harm' | 'safe' | 'open';
}

export interface Verdict {
  outcome: Outcome;
  why: Reason;
  srm: Evidence;
  /** An e-value of so much decides a guardrail: M/α. */
  threshold: number;
  /** Canary devices that were exposed. */
  devices: number;
  /** Hard rules that are broken, in words. */
  broken: string[];
  guardrails: GuardrailVerdict[];
}

/** @param input with at least one guardrail. */
export function judge(input: JudgeInput): Verdict {
  const threshold = input.guardrails.length / input.alpha;
  const guardrails = input.guardrails.map((one) => assess(one, input, Math.log(threshold)));
  const exposed = (arm: 'A' | 'B'): number => input.exposed.reduce((sum, one) => sum + one[arm], 0);
  const devices = exposed('B');
  const srm = evidenceOf(mismatch(input.exposed));
  const broken = brokenRules(input.hard ?? {}, devices);

  const decide = (): [Outcome, Reason] => {
    if (broken.length > 0) return ['rollback', 'hard rule'];
    if (srm.logE >= Math.log(1 / SRM_ALPHA)) return ['hold', 'sample-ratio mismatch'];
    if (exposed('A') === 0 || devices === 0) return ['hold', 'no data'];
    if (guardrails.every(({ nA, nB }) => nA === 0 || nB === 0)) return ['hold', 'no data'];
    if (guardrails.some(({ state }) => state === 'harm')) return ['rollback', 'harm'];
    const ripe = devices >= (input.minDevices ?? 0) && (input.baked ?? true);
    const safe = guardrails.every(({ state }) => state === 'safe');
    if (safe && ripe) return ['promote', 'safe'];
    if (input.deadlinePassed === true) return ['inconclusive', 'deadline'];
    return ['continue', safe ? 'too early' : 'open'];
  };
  const [outcome, why] = decide();
  return { outcome, why, srm, threshold, devices, broken, guardrails };
}

function assess(guardrail: Guardrail, input: JudgeInput, least: number): GuardrailVerdict {
  const { name, kind, strata, negligible } = guardrail;
  const ratio = guardrail.promoteRatio ?? input.promoteRatio;
  const mixture = mixtureFor(strata, guardrail);
  const rare = kind === 'rare';
  const harm = evidenceOf(rare ? harmOfRare(strata, mixture) : harmOfCommon(strata, input.alpha));
  const below = rare
    ? safetyOfRare(strata, mixture, ratio)
    : safetyOfCommon(strata, input.alpha, ratio);
  const safe = evidenceOf(
    negligible === undefined ? below : eitherOf(below, belowRate(strata, negligible)),
  );
  const state = harm.logE >= least ? 'harm' : safe.logE >= least ? 'safe' : 'open';
  return { name, harm, safe, ratio, state, ...comparedOf(strata) };
}
