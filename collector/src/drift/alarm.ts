/**
 * When is it drift? An interim rule that asks for significance *and* size, over the one window it is
 * given: fixed thresholds alone fire on noise (PSI ≥ .1 on 59–92 % of unshifted windows of 100), and
 * p-values alone fire on differences that do not matter. It takes predictions as independent: where
 * few devices make many predictions each, it is too ready to call a difference significant.
 */
import type { Measures } from './measure.ts';

export const STATES = ['ok', 'watch', 'drift', 'not-enough-data'] as const;
/** `watch`: significant, but smaller than what matters. */
export type State = (typeof STATES)[number];

/** Fewer observations in a window are not judged. */
export const MIN_OBSERVATIONS = 100;
/** Probability that any series of an unshifted window looks significant (Bonferroni). */
export const ALPHA = 0.001;
/** The smallest shift worth an alarm: noise-corrected PSI, W1 in IQR, or a rate's rise. */
export const SIZE = { psi: 0.1, wasserstein: 0.1, rate: 0.01 } as const;

export type FeatureDrift = Measures & { state: State };

export interface Drift {
  features: FeatureDrift[];
  alarm: boolean;
}

export function judge(measured: readonly Measures[]): Drift {
  const tested = measured.filter((feature) => feature.n >= MIN_OBSERVATIONS).length;
  const features = measured.map((feature) => ({ ...feature, state: stateOf(feature, tested) }));
  return { features, alarm: features.some((feature) => feature.state === 'drift') };
}

function stateOf(feature: Measures, tested: number): State {
  if (feature.n < MIN_OBSERVATIONS) return 'not-enough-data';
  const rates = Object.values(feature.rates);
  // One χ² test and one test of each rate, in each series.
  const level = ALPHA / (tested * (1 + rates.length));
  const raised = rates.filter((rate) => rate.p < level);
  if (raised.some((rate) => rate.share - rate.reference >= SIZE.rate)) return 'drift';
  const shifted = feature.chiSquare !== null && feature.chiSquare.p < level;
  if (
    shifted &&
    ((feature.psiCorrected ?? 0) >= SIZE.psi || (feature.wasserstein ?? 0) >= SIZE.wasserstein)
  ) {
    return 'drift';
  }
  return shifted || raised.length > 0 ? 'watch' : 'ok';
}
