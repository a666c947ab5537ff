/**
 * Rare bad events: whose are they? If both arms have one rate, a device with a bad event is the canary's
 * with probability π, the canary's share of the devices, whatever that rate is and however it moves
 * (Lindon & Malek, NeurIPS 2022). With r times the champion's rate it is `q = πr/(πr + 1 − π)`.
 *
 * Exact at any rate, but it does not look at devices without an event: best where they are nearly all.
 */
import { betaBinomial } from './betaBinomial.ts';
import { logSumExp } from './logSumExp.ts';
import { compares, type Stratum, shareOf } from './stratum.ts';

/** Concentration of the prior of a single stratum. */
export const CONCENTRATION = 10;
/** Ratios that the mixture over strata bets on, with equal weights: 1.1 to 10 in equal steps of logarithm. */
export const RATIOS: readonly number[] = Array.from(
  { length: 10 },
  (_, i) => 1.1 * (10 / 1.1) ** (i / 9),
);

/**
 * How the alternatives are mixed: a beta prior on q, which needs one π, or a grid of rate ratios ≥ 1.
 * It is to be chosen before the first look: of two e-processes one may not take the better.
 */
export type Mixture = { c: number } | { grid: readonly number[] };

/**
 * A beta prior for one stratum, the grid for several; a grid that is asked for without a prior holds for
 * one stratum too.
 */
export function mixtureFor(
  strata: readonly Stratum[],
  { c, grid }: { c?: number | undefined; grid?: readonly number[] | undefined },
): Mixture {
  if (strata.length > 1 || (grid !== undefined && c === undefined)) return { grid: grid ?? RATIOS };
  return { c: c ?? CONCENTRATION };
}

/** ln E against "the canary's rate is not above the champion's". */
export function harmOfRare(strata: readonly Stratum[], mixture: Mixture): number {
  return 'grid' in mixture
    ? betOn(mixture.grid, strata, 1)
    : sumOver(strata, (x, n, share) => betaBinomial(x, n, share, mixture.c, 'above'));
}

/**
 * ln E against "the canary's rate is at least R times the champion's": q ≥ πR/(πR + 1 − π), betting on
 * what is below. At the boundary a bet on r < R is a martingale; beyond it, where more events are the
 * canary's, it only loses. The grid is the harm's, mirrored: R/1.1 … R/10.
 * @param ratio R, above 1.
 */
export function safetyOfRare(strata: readonly Stratum[], mixture: Mixture, ratio: number): number {
  if ('grid' in mixture)
    return betOn(
      mixture.grid.map((r) => ratio / r),
      strata,
      ratio,
    );
  return sumOver(strata, (x, n, share) =>
    betaBinomial(x, n, (share * ratio) / (share * ratio + 1 - share), mixture.c, 'below'),
  );
}

/** Strata are independent given their devices: e-values multiply. */
function sumOver(
  strata: readonly Stratum[],
  logE: (x: number, n: number, share: number) => number,
): number {
  return strata
    .filter(compares)
    .reduce((sum, one) => sum + logE(one.badB, one.badA + one.badB, shareOf(one)), 0);
}

/**
 * `ln Σ_r w_r Π_t (q_r/q₀)^x_B ((1 − q_r)/(1 − q₀))^x_A`, q₀ that of the null's ratio. One ratio holds in all
 * strata, so what is learnt in one serves the next.
 */
function betOn(ratios: readonly number[], strata: readonly Stratum[], nullRatio: number): number {
  const compared = strata.filter(compares);
  const canary = compared.reduce((sum, { badB }) => sum + badB, 0);
  const bets = ratios.map((ratio) => {
    let logE = canary * Math.log(ratio / nullRatio);
    for (const one of compared) {
      const share = shareOf(one);
      // (1 − q)/(1 − q₀) of all events; of the canary's the ratio is put on top.
      const step = Math.log1p((share * (nullRatio - ratio)) / (1 + share * (ratio - 1)));
      logE += (one.badA + one.badB) * step;
    }
    return logE;
  });
  return logSumExp(bets) - Math.log(ratios.length);
}
