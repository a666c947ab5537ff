/**
 * Sample-ratio mismatch: do the arms get the devices that they should? A Dirichlet–multinomial mixture
 * against fixed shares (Lindon & Malek, NeurIPS 2022, theorem 3.1). If they do not, some devices of one
 * arm go missing (they crash, they cannot load the model), and no comparison of the rest means anything.
 */
import { betaBinomial } from './betaBinomial.ts';

/** Concentration of the prior: shares that are off by a few points are looked for. */
export const SRM_CONCENTRATION = 1000;
export const SRM_ALPHA = 0.01;

/**
 * @param counts devices by arm. @param shares by arm, above 0, with sum 1.
 * @returns ln E; a mismatch at ln(1/α).
 * @example sampleRatio([9000, 1000], [0.9, 0.1], 1000) // −1.1997
 */
export function sampleRatio(
  counts: readonly number[],
  shares: readonly number[],
  c = SRM_CONCENTRATION,
): number {
  let devices = counts.reduce((sum, count) => sum + count, 0);
  let share = 1;
  let logE = 0;
  // A Dirichlet is a chain of betas: this arm against all that are left.
  for (const [arm, count] of counts.slice(0, -1).entries()) {
    logE += betaBinomial(count, devices, shares[arm]! / share, c * share);
    devices -= count;
    share -= shares[arm]!;
  }
  return logE;
}

/** Devices by arm while the canary's share was `shareB`; without one there is nothing to be told from. */
export interface Exposed {
  A: number;
  B: number;
  shareB?: number | undefined;
}

/** ln E over the steps of a ramp. Steps of one share are one experiment; the others multiply. */
export function mismatch(steps: readonly Exposed[]): number {
  let logE = 0;
  for (const [share, those] of Map.groupBy(steps, ({ shareB }) => shareB)) {
    if (share === undefined || share === 0 || share === 1) continue;
    const of = (arm: 'A' | 'B'): number => those.reduce((sum, one) => sum + one[arm], 0);
    logE += sampleRatio([of('A'), of('B')], [1 - share, share]);
  }
  return logE;
}
