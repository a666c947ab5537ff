/**
 * A rate so small that its ratio is no matter. Where both arms have hardly an event, no number of devices
 * shows a ratio, and a healthy canary would never be promoted; that few of its devices are bad can be shown.
 */
import { betaBinomial } from './betaBinomial.ts';
import { CONCENTRATION } from './eventSplit.ts';
import { logSumExp } from './logSumExp.ts';
import type { Stratum } from './stratum.ts';
import { comparedOf } from './stratum.ts';

/** ln E against "at least so many of the canary's devices are bad, in every stratum". */
export function belowRate(strata: readonly Stratum[], rate: number): number {
  const { badB, nB } = comparedOf(strata);
  return betaBinomial(badB, nB, rate, CONCENTRATION, 'below');
}

/** ln of the mean of two e-values: one against a null that both of theirs hold under. */
export function eitherOf(one: number, other: number): number {
  return logSumExp([one, other]) - Math.LN2;
}
