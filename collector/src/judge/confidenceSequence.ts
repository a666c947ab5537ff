/**
 * Difference of two means at any time: an asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha,
 * Kennedy & Ramdas 2024, "Time-uniform central limit theory and asymptotic confidence sequences",
 * Annals of Statistics 52(6), equations 9 and 134; ρ by equation 161).
 */
import { halfSquareAndLogPhi } from './normalMixture.ts';

/** Of one arm's devices: how many, the sum of a value and of its square. */
export interface Moments {
  n: number;
  sum: number;
  sumSquares: number;
}

/** So many devices with an event are to be in each arm before its normal approximation holds. */
export const WARM_UP = 20;

export interface MeanDifference {
  /** Mean of b less that of a. */
  difference: number;
  standardError: number;
  /** The two-sided sequence is difference ± this. */
  half: number;
  /** Its one-sided lower bound is difference − this. */
  halfOneSided: number;
  /** ln E against "the means are equal", and against "b's is not above a's". */
  logE: number;
  logEOneSided: number;
}

/**
 * @param alpha below ½. @param at devices in both arms at which the sequence is tightest.
 * @param events devices with an event (a value other than 0) in the arm that has fewer; left out, all are.
 * @returns undefined in the warm-up: without it the error at 10/90 is .32 instead of .05.
 */
export function meanDifference(
  a: Moments,
  b: Moments,
  { alpha, at, events = Math.min(a.n, b.n) }: { alpha: number; at: number; events?: number },
): MeanDifference | undefined {
  if (events < WARM_UP) return undefined;
  const n = a.n + b.n;
  const difference = b.sum / b.n - a.sum / a.n;
  const standardError = Math.sqrt(variance(a) / a.n + variance(b) / b.n);
  // Of the standardised mean of n devices; 0/0 where neither arm varies nor differs.
  const z = difference === 0 ? 0 : (difference / standardError) * Math.sqrt(n);
  const [two, one] = [rho(alpha, at), rho(2 * alpha, at)];
  const scale = (r: number): number => n * r * r + 1;
  const half = (r: number, log: number): number =>
    standardError * Math.sqrt(((2 * scale(r)) / (n * r * r)) * log);
  return {
    difference,
    standardError,
    half: half(two, Math.log(Math.sqrt(scale(two)) / alpha)),
    halfOneSided: half(one, Math.log1p(Math.sqrt(scale(one)) / (2 * alpha))),
    logE: (two * z) ** 2 / (2 * scale(two)) - Math.log(scale(two)) / 2,
    logEOneSided:
      Math.LN2 - Math.log(scale(one)) / 2 + halfSquareAndLogPhi((one * z) / Math.sqrt(scale(one))),
  };
}

function variance({ n, sum, sumSquares }: Moments): number {
  return Math.max(0, sumSquares - sum ** 2 / n) / (n - 1);
}

function rho(alpha: number, at: number): number {
  const twice = -2 * Math.log(alpha);
  return Math.sqrt((twice + Math.log1p(twice)) / at);
}
