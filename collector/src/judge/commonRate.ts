/**
 * Common rates: redo, override, deferral. Devices without an event say as much as those with one.
 * Asymptotic: the sums are taken as normal from a variance of 5 on.
 */
import { mantelHaenszel, type Score } from './mantelHaenszel.ts';
import { normalMixture, rhoOf } from './normalMixture.ts';
import { riskRatioScore } from './riskRatio.ts';
import type { Stratum } from './stratum.ts';

/** Variance at which the mixture is tightest: of 60 bad devices in arms of one size. */
export const TIGHTEST_AT = 15;
/** Below this variance a sum of counts is not normal enough to say anything. */
export const START_AT = 5;

/**
 * ln E against "the canary's rate is not above the champion's".
 * @param alpha below ½, for which the mixture is tuned: validity does not depend on it.
 */
export function harmOfCommon(strata: readonly Stratum[], alpha: number): number {
  return upward(mantelHaenszel(strata), alpha);
}

/** ln E against "the canary's rate is at least R times the champion's". @param ratio R, above 1. */
export function safetyOfCommon(strata: readonly Stratum[], alpha: number, ratio: number): number {
  return upward(riskRatioScore(strata, ratio), alpha);
}

function upward({ s, v }: Score, alpha: number): number {
  return v < START_AT ? 0 : normalMixture(s, v, rhoOf(TIGHTEST_AT, alpha));
}
