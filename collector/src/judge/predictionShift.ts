/**
 * Do both arms answer with the same classes? An e-process for k categories and two samples with
 * predictable plug-in (Turner, Ly & Grünwald 2024, "Generic E-variables for exact sequential k-sample
 * tests that allow for optional stopping", section 3).
 *
 * In a window with n_A and n_B devices, `E = Π_y (θ_A(y)/θ₀(y))^a_y (θ_B(y)/θ₀(y))^b_y` with
 * θ₀ = (n_A θ_A + n_B θ_B)/(n_A + n_B). Its mean is at most 1 if the arms have one distribution, whichever it
 * is and however it moves from window to window, as long as θ_A and θ_B are known before the window: they
 * are estimated from the windows before it. So a single window says nothing.
 */

/** Devices by category, e.g. of their typical answer. */
export interface Answers {
  a: readonly number[];
  b: readonly number[];
}

/** Devices that the estimate of both arms together is worth in the estimate of one. */
const WORTH = 10;
/** Jeffreys' prior of a category. */
const PRIOR = 0.5;

/** @param windows in their order, all of the same categories. @returns ln E. */
export function predictionShift(windows: readonly Answers[]): number {
  const k = windows[0]?.a.length ?? 0;
  const past = { a: new Float64Array(k), b: new Float64Array(k), nA: 0, nB: 0 };
  let logE = 0;
  for (const { a, b } of windows) {
    const [nA, nB] = [total(a), total(b)];
    const weight = nA / (nA + nB);
    for (let y = 0; y < k; y++) {
      if (a[y] === 0 && b[y] === 0) continue;
      const both = (past.a[y]! + past.b[y]! + PRIOR) / (past.nA + past.nB + k * PRIOR);
      const thetaA = (past.a[y]! + WORTH * both) / (past.nA + WORTH);
      const thetaB = (past.b[y]! + WORTH * both) / (past.nB + WORTH);
      const mixed = weight * thetaA + (1 - weight) * thetaB;
      logE += a[y]! * Math.log(thetaA / mixed) + b[y]! * Math.log(thetaB / mixed);
    }
    for (let y = 0; y < k; y++) {
      past.a[y]! += a[y]!;
      past.b[y]! += b[y]!;
    }
    past.nA += nA;
    past.nB += nB;
  }
  return logE;
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
