/** What is used in the judge's place: tests for one look, looked at after every tick. */
import type { Stratum } from '@siskin/collector';
import type { Tally } from './world.ts';

/** One-sided: reject where z is above. */
export const zOf = { alpha05: 1.6448536, alpha05of4: 2.2414027 } as const;

/** Stratified (Cochran–Mantel–Haenszel): as fair to the z-test as can be. */
export function stratifiedZ(strata: readonly Stratum[]): number {
  let [s, v] = [0, 0];
  for (const { nA, badA, nB, badB } of strata) {
    const [n, bad] = [nA + nB, badA + badB];
    if (nA === 0 || nB === 0) continue;
    s += badB - (nB * bad) / n;
    v += (nA * nB * bad * (n - bad)) / (n * n * (n - 1));
  }
  return v === 0 ? 0 : s / Math.sqrt(v);
}

/** Two rates, each of all that there is so far. */
export function pooledZ(badA: number, nA: number, badB: number, nB: number): number {
  const rate = (badA + badB) / (nA + nB);
  const v = rate * (1 - rate) * (1 / nA + 1 / nB);
  return v > 0 ? (badB / nB - badA / nA) / Math.sqrt(v) : 0;
}

/** Mann–Whitney of latencies within each step of the ramp, with ties, summed over steps (van Elteren 1960). */
export class MannWhitney {
  readonly #steps: { a: Float64Array; b: Float64Array; s: number; v: number }[] = [];

  add(step: number, A: Tally, B: Tally): void {
    this.#steps[step] ??= {
      a: new Float64Array(A.latency.length),
      b: new Float64Array(A.latency.length),
      s: 0,
      v: 0,
    };
    const one = this.#steps[step];
    for (let i = 0; i < one.a.length; i++) {
      one.a[i]! += A.latency[i]!;
      one.b[i]! += B.latency[i]!;
    }
    let [below, nB, u, ties] = [0, 0, 0, 0];
    for (let i = 0; i < one.a.length; i++) {
      const [a, b] = [one.a[i]!, one.b[i]!];
      u += b * (below + a / 2);
      ties += (a + b) ** 3 - (a + b);
      below += a;
      nB += b;
    }
    const [nA, n] = [below, below + nB];
    if (nA === 0 || nB === 0) return;
    one.s = (u - (nA * nB) / 2) / (n + 1);
    one.v = (((nA * nB) / 12) * (n + 1 - ties / (n * (n - 1)))) / (n + 1) ** 2;
  }

  z(): number {
    const sum = (of: 's' | 'v'): number => this.#steps.reduce((total, one) => total + one[of], 0);
    return sum('v') === 0 ? 0 : sum('s') / Math.sqrt(sum('v'));
  }
}
