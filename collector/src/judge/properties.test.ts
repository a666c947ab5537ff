/** What makes an e-value one, whatever the counts: held by exact sums where there are such, else by simulation. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normal, uniform } from '../testing/random.ts';
import { betaBinomial, type Side } from './betaBinomial.ts';
import { harmOfCommon, safetyOfCommon } from './commonRate.ts';
import { meanDifference } from './confidenceSequence.ts';
import { harmOfRare, type Mixture, RATIOS, safetyOfRare } from './eventSplit.ts';
import { type Answers, predictionShift } from './predictionShift.ts';
import { quantileTest } from './quantileTest.ts';
import { sampleRatio } from './sampleRatio.ts';
import type { Stratum } from './stratum.ts';

const share = fc.double({ min: 0.005, max: 0.995, noNaN: true });
const concentration = fc.constantFrom(1, 10, 1000);
const side = fc.constantFrom<Side>('either', 'above', 'below');
const ratio = fc.double({ min: 1.05, max: 8, noNaN: true });
const mixture = fc.constantFrom<Mixture>({ grid: RATIOS }, { grid: [1.3, 4] });

function stratumOf(devices: number): fc.Arbitrary<Stratum> {
  const arm = fc.nat(devices).chain((n) => fc.tuple(fc.constant(n), fc.nat(n)));
  return fc
    .tuple(share, arm, arm)
    .map(([shareB, [nA, badA], [nB, badB]]) => ({ shareB, nA, badA, nB, badB }));
}
const strata = fc.array(stratumOf(300), { minLength: 1, maxLength: 8 });

const TESTS: [name: string, logE: (of: readonly Stratum[], ratio: number) => number][] = [
  ['harm of rare events', (of) => harmOfRare(of, { grid: RATIOS })],
  ['safety of rare events', (of, ratio) => safetyOfRare(of, { grid: RATIOS }, ratio)],
  ['harm of common rates', (of) => harmOfCommon(of, 0.05)],
  ['safety of common rates', (of, ratio) => safetyOfCommon(of, 0.05, ratio)],
];

describe('the beta–binomial mixture', () => {
  it('is a martingale under p: the mean after one more event is what it was', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.nat(400), share, concentration, side, (x, y, p, c, side) => {
        const now = betaBinomial(x, x + y, p, c, side);
        const event = Math.exp(betaBinomial(x + 1, x + y + 1, p, c, side) - now);
        const none = Math.exp(betaBinomial(x, x + y + 1, p, c, side) - now);
        expect(p * event + (1 - p) * none).toBeCloseTo(1, 8);
      }),
    );
  });

  it('has a mean of at most 1 under each probability on the side of the null', () => {
    fc.assert(
      fc.property(share, share, concentration, fc.integer({ min: 1, max: 40 }), (p, part, c, n) => {
        const real = p * part; // below p, which is where the null of 'above' is
        let mean = 0;
        let mass = (1 - real) ** n;
        for (let x = 0; x <= n; x++) {
          mean += mass * Math.exp(betaBinomial(x, n, p, c, 'above'));
          mass *= ((n - x) / (x + 1)) * (real / (1 - real));
        }
        expect(mean).toBeLessThan(1 + 1e-9);
      }),
    );
  });
});

describe('the event split', () => {
  it('is a martingale where the rates are equal, and safety is one where they are R apart', () => {
    fc.assert(
      fc.property(strata, mixture, ratio, (strata, mixture, ratio) => {
        const last = strata.at(-1)!;
        const shareB = last.shareB!;
        const next = (more: Partial<Stratum>) => [...strata.slice(0, -1), { ...last, ...more }];
        const mean = (logE: (of: readonly Stratum[]) => number, q: number) =>
          q * Math.exp(logE(next({ badB: last.badB + 1, nB: last.nB + 1 })) - logE(strata)) +
          (1 - q) * Math.exp(logE(next({ badA: last.badA + 1, nA: last.nA + 1 })) - logE(strata));
        const apart = (r: number) => (shareB * r) / (shareB * r + 1 - shareB);
        const harm = (of: readonly Stratum[]) => harmOfRare(of, mixture);
        const safe = (of: readonly Stratum[]) => safetyOfRare(of, mixture, ratio);
        expect(mean(harm, shareB)).toBeCloseTo(1, 8);
        expect(mean(safe, apart(ratio))).toBeCloseTo(1, 8);
        // Where the null holds by more than it must, the bets only lose.
        expect(mean(harm, apart(0.7))).toBeLessThan(1);
        expect(mean(safe, apart(ratio * 1.5))).toBeLessThan(1);
      }),
    );
  });
});

describe.each(TESTS)('%s', (name, logE) => {
  it('does not depend on the order of strata', () => {
    fc.assert(
      fc.property(strata, ratio, fc.infiniteStream(fc.nat()), (strata, ratio, keys) => {
        const shuffled = strata
          .map((one) => ({ one, key: keys.next().value! }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        const [a, b] = [logE(strata, ratio), logE(shuffled, ratio)];
        expect(Math.abs(a - b)).toBeLessThan(1e-9 * (1 + Math.abs(a)));
      }),
    );
  });

  it('moves with what it tests, if a bad event goes from the champion to the canary', () => {
    fc.assert(
      fc.property(strata, ratio, fc.nat(), (strata, ratio, pick) => {
        const at = pick % strata.length;
        const one = strata[at]!;
        fc.pre(one.badA > 0 && one.badB < one.nB);
        // Given how many are bad in all; the variance of safety depends on whose they are.
        const moved = strata.with(at, { ...one, badA: one.badA - 1, badB: one.badB + 1 });
        const change = logE(moved, ratio) - logE(strata, ratio);
        if (name.startsWith('harm')) expect(change).toBeGreaterThanOrEqual(0);
        else if (name.endsWith('events')) expect(change).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('is a number, up to a hundred million devices', () => {
    fc.assert(
      fc.property(
        fc.array(stratumOf(1e8), { minLength: 1, maxLength: 4 }),
        ratio,
        (strata, ratio) => {
          expect(logE(strata, ratio)).toSatisfy(Number.isFinite);
        },
      ),
    );
    const none = [{ shareB: 0.5, nA: 0, badA: 0, nB: 0, badB: 0 }];
    expect(logE(none, 2)).toBeCloseTo(0, 12);
  });
});

it.each(['either', 'above', 'below'] as const)('the mixture is a number too: %s', (side) => {
  fc.assert(
    fc.property(fc.nat(1e8), fc.nat(1e8), share, concentration, (x, y, p, c) => {
      expect(betaBinomial(x, x + y, p, c, side)).toSatisfy(Number.isFinite);
    }),
  );
});

describe('common rates, simulated', () => {
  const RAMP = [0.05, 0.25, 0.5];
  const random = uniform(20261125);
  const binomial = (n: number, p: number) => {
    let count = 0;
    for (let i = 0; i < n; i++) if (random() < p) count++;
    return count;
  };
  /** @returns final e-values, and the largest of each run over its looks. */
  function runs(ratio: number, logE: (of: readonly Stratum[]) => number, count: number) {
    return Array.from({ length: count }, () => {
      const strata: Stratum[] = [];
      let largest = 0;
      let last = 0;
      for (let look = 0; look < 60; look++) {
        const rate = 0.1 + 0.1 * (look / 60);
        const nB = binomial(40, RAMP[Math.floor(look / 20)]!);
        const nA = 40 - nB;
        strata.push({ nA, badA: binomial(nA, rate), nB, badB: binomial(nB, rate * ratio) });
        last = logE(strata);
        largest = Math.max(largest, last);
      }
      return { last: Math.exp(last), largest };
    });
  }

  it.each([
    ['harm', 1, (of: readonly Stratum[]) => harmOfCommon(of, 0.05)],
    ['safety below 2 times', 2, (of: readonly Stratum[]) => safetyOfCommon(of, 0.05, 2)],
  ])('%s: a mean of at most 1, and at most α of runs ever beyond 1/α', (_, apart, logE) => {
    const count = 1500;
    const those = runs(apart, logE, count);
    const mean = those.reduce((sum, { last }) => sum + last, 0) / count;
    const spread = Math.sqrt(those.reduce((sum, { last }) => sum + (last - mean) ** 2, 0) / count);
    expect(mean).toBeLessThan(1 + (4 * spread) / Math.sqrt(count));
    const ever = those.filter(({ largest }) => largest >= Math.log(20)).length / count;
    expect(ever).toBeLessThan(0.05 + 4 * Math.sqrt((0.05 * 0.95) / count));
  });

  it('finds what it looks for', () => {
    const harm = runs(2, (of) => harmOfCommon(of, 0.05), 100);
    const safe = runs(1, (of) => safetyOfCommon(of, 0.05, 2), 100);
    for (const found of [harm, safe]) {
      expect(found.filter(({ largest }) => largest >= Math.log(20)).length).toBeGreaterThan(90);
    }
  });
});

describe('prediction shift', () => {
  /** All ways in which n devices fall into k categories, with their probability. */
  function ways(n: number, theta: readonly number[]): { counts: number[]; p: number }[] {
    if (theta.length === 1) return [{ counts: [n], p: theta[0]! ** n }];
    return Array.from({ length: n + 1 }, (_, x) => {
      let choose = 1;
      for (let i = 0; i < x; i++) choose *= (n - i) / (i + 1);
      return ways(n - x, theta.slice(1)).map(({ counts, p }) => ({
        counts: [x, ...counts],
        p: p * choose * theta[0]! ** x,
      }));
    }).flat();
  }

  it('has a mean of at most 1 in the next window, whatever both arms answer by', () => {
    const counts = fc.array(fc.nat(30), { minLength: 3, maxLength: 3 });
    const past = fc.array(fc.record({ a: counts, b: counts }), { minLength: 1, maxLength: 4 });
    const weights = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), {
      minLength: 3,
      maxLength: 3,
    });
    fc.assert(
      fc.property(past, weights, fc.nat(5), fc.nat(5), (past: Answers[], weights, nA, nB) => {
        const sum = weights.reduce((total, weight) => total + weight, 0);
        const theta = weights.map((weight) => weight / sum);
        const before = predictionShift(past);
        let mean = 0;
        for (const a of ways(nA, theta)) {
          for (const b of ways(nB, theta)) {
            const now = predictionShift([...past, { a: a.counts, b: b.counts }]);
            mean += a.p * b.p * Math.exp(now - before);
          }
        }
        expect(mean).toBeLessThan(1 + 1e-9);
      }),
    );
  });

  it('finds arms that answer differently, and not those that do not', () => {
    const window = { a: [60, 30, 10], b: [45, 40, 15] };
    const same = { a: [60, 30, 10], b: [61, 29, 10] };
    expect(predictionShift(Array.from({ length: 20 }, () => window))).toBeGreaterThan(20);
    expect(predictionShift(Array.from({ length: 20 }, () => same))).toBeLessThan(1);
    expect(predictionShift([])).toBe(0);
  });
});

describe('the quantile test', () => {
  it('says less, not more, when bins are merged', () => {
    const counts = fc.array(fc.nat(50), { minLength: 6, maxLength: 6 });
    const halved = (of: number[]) => [of[0]! + of[1]!, of[2]! + of[3]!, of[4]! + of[5]!];
    fc.assert(
      fc.property(counts, counts, fc.constantFrom(0.05, 0.5, 0.95), (a, b, p) => {
        const fine = quantileTest(a, b, p);
        expect(quantileTest(halved(a), halved(b), p)).toBeLessThan(
          fine + (p === 0.5 ? 1e-9 : 0.05),
        );
      }),
    );
  });
});

describe('the sample ratio', () => {
  it('does not depend on the order of arms', () => {
    const counts = fc.array(fc.nat(5000), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(counts, share, ([a, b, c], p) => {
        const shares = [p / 2, p / 2, 1 - p];
        const one = sampleRatio([a!, b!, c!], shares);
        const other = sampleRatio([c!, b!, a!], shares.toReversed());
        expect(Math.abs(one - other)).toBeLessThan(1e-9 * (1 + Math.abs(one)));
      }),
    );
  });
});

describe('the difference of means, looked at after every 20 devices', () => {
  /** Share of runs at 10/90 and 1 % of devices with an event in which equal means were ever rejected. */
  function wrong(warmUp: boolean): number {
    const random = uniform(3);
    const runs = 300;
    let rejected = 0;
    for (let run = 0; run < runs; run++) {
      const arms = [0, 1].map(() => ({ n: 0, sum: 0, sumSquares: 0 }));
      const [a, b] = [arms[0]!, arms[1]!];
      let ever = false;
      for (let device = 1; device <= 20_000; device++) {
        const arm = random() < 0.1 ? b : a;
        const event = random() < 0.01 ? 1 : 0;
        arm.n++;
        arm.sum += event;
        arm.sumSquares += event;
        if (device % 20 > 0 || a.n < 2 || b.n < 2 || a.sum + b.sum === 0) continue;
        const events = warmUp ? Math.min(a.sum, b.sum) : undefined;
        const options = { alpha: 0.05, at: 5000, ...(events !== undefined && { events }) };
        const found = meanDifference(a, b, options);
        ever ||= found !== undefined && found.logE >= Math.log(20);
      }
      if (ever) rejected++;
    }
    return rejected / runs;
  }

  it('errs at most α of the time, and needs its warm-up for that', () => {
    expect(wrong(true)).toBeLessThan(0.05 + 4 * Math.sqrt((0.05 * 0.95) / 300));
    expect(wrong(false)).toBeGreaterThan(0.2); // .322 in the figures that the warm-up comes from
  });
});

describe('the quantile test, looked at after every 40 devices', () => {
  function found(p: number, shift: number): number {
    const draw = normal(uniform(4));
    const random = uniform(5);
    const runs = 150;
    let rejected = 0;
    for (let run = 0; run < runs; run++) {
      const arms = [new Float64Array(96), new Float64Array(96)] as const;
      let ever = false;
      for (let device = 1; device <= 6000; device++) {
        const arm = random() < 0.3 ? 1 : 0;
        const bin = Math.floor(8 * (5 + 0.8 * draw() + arm * shift));
        arms[arm][Math.min(95, Math.max(0, bin))]!++;
        if (device % 40 === 0) ever ||= quantileTest(...arms, p) >= Math.log(20);
      }
      if (ever) rejected++;
    }
    return rejected / runs;
  }

  it.each([0.5, 0.95])('errs at most α of the time at %d, and finds a shift', (p) => {
    expect(found(p, 0)).toBeLessThan(0.05 + 4 * Math.sqrt((0.05 * 0.95) / 150));
    expect(found(p, 0.4)).toBeGreaterThan(0.8);
  });
});
