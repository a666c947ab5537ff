/**
 * The normal mixture in intrinsic time (Robbins 1970; Howard, Ramdas, McAuliffe & Sekhon 2021,
 * "Time-uniform, nonparametric, nonasymptotic confidence sequences", proposition 5): an e-value of "the
 * martingale S with variance V has no upward drift".
 */
import erfcx from '@stdlib/math-base-special-erfcx';

/**
 * The mixture's precision, such that the boundary is tightest at variance `at`.
 * @param alpha below ½. @example rhoOf(15, 0.05) // 2.3701
 */
export function rhoOf(at: number, alpha: number): number {
  const odds = Math.log(1 / (2 * alpha));
  return at / (2 * odds + Math.log1p(2 * odds));
}

/**
 * One-sided: `½ ln(4ρ/(V + ρ)) + S²/(2(V + ρ)) + ln Φ(S/√(V + ρ))`.
 * @returns ln E. @example normalMixture(30, 50, rhoOf(15, 0.05)) // 7.7381
 */
export function normalMixture(s: number, v: number, rho: number): number {
  const z = s / Math.sqrt(v + rho);
  return Math.log((4 * rho) / (v + rho)) / 2 + halfSquareAndLogPhi(z);
}

/** z²/2 + ln Φ(z): the square goes before it overflows, or leaves nothing of the rest. */
export function halfSquareAndLogPhi(z: number): number {
  const tail = erfcx(Math.abs(z) * Math.SQRT1_2) / 2;
  return z < 0 ? Math.log(tail) : (z * z) / 2 + Math.log1p(-tail * Math.exp((-z * z) / 2));
}
