import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { betaBinomial, type Side } from './betaBinomial.ts';
import { harmOfCommon, safetyOfCommon } from './commonRate.ts';
import { meanDifference, WARM_UP } from './confidenceSequence.ts';
import { harmOfRare, mixtureFor, RATIOS, safetyOfRare } from './eventSplit.ts';
import { evidenceOf } from './evidence.ts';
import { exceedance, frozenEdge } from './exceedance.ts';
import { brokenRules } from './hardRules.ts';
import { mantelHaenszel } from './mantelHaenszel.ts';
import { normalMixture, rhoOf } from './normalMixture.ts';
import { type Answers, predictionShift } from './predictionShift.ts';
import { quantileTest } from './quantileTest.ts';
import { riskRatioScore } from './riskRatio.ts';
import { mismatch, sampleRatio } from './sampleRatio.ts';
import { agreement, pairedErrors } from './shadow.ts';
import type { Stratum } from './stratum.ts';

/** What other implementations computed; where from, test/oracle/README.md says. */
function oracle<T>(name: string): T {
  const url = new URL(`../../../test/oracle/delivery/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}

interface Ours {
  binomial: { x: number; n: number; p: number; c: number; side: Side; logE: number }[];
  strata: {
    strata: Stratum[];
    grid: number[];
    ratio: number;
    harm_rare: number;
    safe_rare: number;
    mantel_haenszel: [s: number, v: number];
    harm_common: number;
    risk_ratio: [s: number, v: number];
    safe_common: number;
  }[];
  categories: { windows: Answers[]; logE: number }[];
  quantile: { a: number[]; b: number[]; p: number; c: number; logE: number }[];
}
const FURTHER = oracle<Ours>('judge');

/** Six digits behind the point, and nine in all where numbers are large. */
function expectClose(actual: number, expected: number): void {
  const off = Math.abs(actual - expected);
  expect(off, `${actual} is not ${expected}`).toBeLessThan(
    1e-7 * Math.max(1, 0.01 * Math.abs(expected)),
  );
}

describe('the beta–binomial mixture', () => {
  it.each(FURTHER.binomial)('$x of $n at $p, c $c, $side', ({ x, n, p, c, side, logE }) => {
    expectClose(betaBinomial(x, n, p, c, side), logE);
  });
});

describe('the event split', () => {
  interface Case {
    eventsB: number;
    eventsA: number;
    shareB: number;
    k: number;
    logETwo: number;
    logEOne: number;
    pOne: number;
  }
  const { cases } = oracle<{ cases: Case[] }>('event_split');

  it.each(cases)('$eventsB of the canary, $eventsA of the champion at $shareB', (one) => {
    const { eventsA: badA, eventsB: badB, shareB, k: c } = one;
    expectClose(betaBinomial(badB, badA + badB, shareB, c), one.logETwo);
    // How many devices had no event does not matter.
    const strata = [{ shareB, nA: badA + 5000, badA, nB: badB + 7, badB }];
    const evidence = evidenceOf(harmOfRare(strata, mixtureFor(strata, { c })));
    expectClose(evidence.logE, one.logEOne);
    expectClose(evidence.p, one.pOne);
  });

  it.each(FURTHER.strata)('over strata $#, safety below $ratio times', (one) => {
    expectClose(harmOfRare(one.strata, { grid: one.grid }), one.harm_rare);
    expectClose(safetyOfRare(one.strata, { grid: one.grid }, one.ratio), one.safe_rare);
  });

  it('infers a share that is not given from the devices', () => {
    const stratum = { nA: 300, badA: 12, nB: 100, badB: 9 };
    const c = { c: 10 };
    expect(harmOfRare([stratum], c)).toBe(harmOfRare([{ ...stratum, shareB: 0.25 }], c));
  });

  it('mixes ratios over several strata, or where only they are asked for', () => {
    const one = { nA: 9, badA: 0, nB: 1, badB: 0 };
    expect(mixtureFor([one], {})).toEqual({ c: 10 });
    expect(mixtureFor([one], { c: 4 })).toEqual({ c: 4 });
    expect(mixtureFor([one], { c: 4, grid: [2] })).toEqual({ c: 4 });
    expect(mixtureFor([one], { grid: [2] })).toEqual({ grid: [2] });
    expect(mixtureFor([one, one], {})).toEqual({ grid: RATIOS });
    expect(mixtureFor([one, one], { c: 4, grid: [2] })).toEqual({ grid: [2] });
    expect(RATIOS[0]).toBeCloseTo(1.1, 12);
    expect(RATIOS.at(-1)).toBeCloseTo(10, 12);
  });

  it('knows nothing of strata in which one arm can have no device', () => {
    const known = { shareB: 0.1, nA: 90, badA: 3, nB: 10, badB: 2 };
    const none = [
      { nA: 0, badA: 0, nB: 0, badB: 0 },
      { nA: 50, badA: 3, nB: 0, badB: 0 },
      { shareB: 1, nA: 0, badA: 0, nB: 9, badB: 4 },
    ];
    for (const mixture of [{ c: 10 }, { grid: RATIOS }]) {
      expect(harmOfRare([known, ...none], mixture)).toBe(harmOfRare([known], mixture));
      expect(safetyOfRare([known, ...none], mixture, 2)).toBe(safetyOfRare([known], mixture, 2));
      expect(harmOfRare([], mixture)).toBeCloseTo(0, 12);
    }
  });
});

describe('common rates', () => {
  interface Case {
    s: number;
    v: number;
    vOpt: number;
    alpha: number;
    oneSided: boolean;
    rho: number;
    logE: number;
  }
  const { cases } = oracle<{ cases: Case[] }>('normal_mixture');

  it.each(cases.filter(({ oneSided }) => oneSided))('mixture at $s, $v', (one) => {
    const rho = rhoOf(one.vOpt, one.alpha);
    expectClose(rho, one.rho);
    expectClose(normalMixture(one.s, one.v, rho), one.logE);
  });

  it('holds far out, where neither tail is a float', () => {
    // Mills' ratio: Φ(−z) ≈ φ(z)/z.
    const mills = Math.log(8 / 1e8) / 2 - Math.log(1e4 * Math.sqrt(2 * Math.PI));
    expect(normalMixture(-1e8, 1e8, 2)).toBeCloseTo(mills, 6);
    expect(normalMixture(1e8, 1e8, 2)).toBeCloseTo(1e16 / 2e8 + Math.log(8 / 1e8) / 2 - 1, 0);
  });

  it.each(FURTHER.strata)('over strata $#, safety below $ratio times', (one) => {
    const [mh, rr] = [mantelHaenszel(one.strata), riskRatioScore(one.strata, one.ratio)];
    expectClose(mh.s, one.mantel_haenszel[0]);
    expectClose(mh.v, one.mantel_haenszel[1]);
    expectClose(rr.s, one.risk_ratio[0]);
    expectClose(rr.v, one.risk_ratio[1]);
    expectClose(harmOfCommon(one.strata, 0.05), one.harm_common);
    expectClose(safetyOfCommon(one.strata, 0.05, one.ratio), one.safe_common);
  });

  it("is R's mantelhaen.test of UCBAdmissions: 1.4269 with its continuity correction", () => {
    const men = [
      [512, 825],
      [353, 560],
      [120, 325],
      [138, 417],
      [53, 191],
      [22, 373],
    ] as const;
    const women = [
      [89, 108],
      [17, 25],
      [202, 593],
      [131, 375],
      [94, 393],
      [24, 341],
    ] as const;
    const { s, v } = mantelHaenszel(
      men.map(([badA, nA], i) => ({ nA, badA, badB: women[i]![0], nB: women[i]![1] })),
    );
    expect((Math.abs(s) - 0.5) ** 2 / v).toBeCloseTo(1.4269, 4);
  });

  it('has a score of 0 at the risk ratio of Mantel and Haenszel', () => {
    const { strata } = FURTHER.strata[3 * 2]!;
    const part = (of: (one: Stratum) => number) => strata.reduce((sum, one) => sum + of(one), 0);
    const ratio =
      part(({ nA, nB, badB }) => (badB * nA) / (nA + nB)) /
      part(({ nA, nB, badA }) => (badA * nB) / (nA + nB));
    expect(riskRatioScore(strata, ratio).s).toBeCloseTo(0, 9);
  });

  it('says nothing below a variance of 5', () => {
    expect(harmOfCommon([{ nA: 9, badA: 0, nB: 9, badB: 9 }], 0.05)).toBe(0);
  });
});

describe('the sample ratio', () => {
  interface Case {
    probs: number[];
    increments: number[][];
    concentration: number;
    logE: number[];
  }
  const { cases } = oracle<{ cases: Case[] }>('srm');

  it.each(cases)('$increments at $probs', ({ probs, increments, concentration, logE }) => {
    const counts = probs.map(() => 0);
    for (const [look, more] of increments.entries()) {
      for (const [arm, count] of more.entries()) counts[arm]! += count;
      expectClose(sampleRatio(counts, probs, concentration), logE[look]!);
    }
  });

  it('takes steps of one share as one experiment, others as independent', () => {
    const [a, b] = [
      { A: 900, B: 100, shareB: 0.1 },
      { A: 480, B: 520, shareB: 0.5 },
    ];
    expect(mismatch([a, b])).toBeCloseTo(mismatch([a]) + mismatch([b]), 12);
    expect(mismatch([a, a])).toBeCloseTo(mismatch([{ A: 1800, B: 200, shareB: 0.1 }]), 12);
    expect(mismatch([])).toBe(0);
    expect(mismatch([{ A: 7, B: 0, shareB: 0 }])).toBe(0);
    expect(mismatch([{ A: 7, B: 4000 }])).toBe(0);
  });
});

describe('the difference of means', () => {
  interface Case {
    nA: number;
    sumA: number;
    sumSqA: number;
    nB: number;
    sumB: number;
    sumSqB: number;
    alpha: number;
    nOpt: number;
    diff: number;
    se: number;
    halfTwo: number;
    halfOne: number;
    logETwo: number;
    logEOne: number;
  }
  const { cases } = oracle<{ cases: Case[] }>('asymp_cs');

  it.each(cases)('$sumA of $nA, $sumB of $nB', (one) => {
    const a = { n: one.nA, sum: one.sumA, sumSquares: one.sumSqA };
    const b = { n: one.nB, sum: one.sumB, sumSquares: one.sumSqB };
    const found = meanDifference(a, b, { alpha: one.alpha, at: one.nOpt })!;
    expectClose(found.difference, one.diff);
    expectClose(found.standardError, one.se);
    expectClose(found.half, one.halfTwo);
    expectClose(found.halfOneSided, one.halfOne);
    expectClose(found.logE, one.logETwo);
    expectClose(found.logEOneSided, one.logEOne);
  });

  it('waits for its warm-up', () => {
    const arm = { n: 1000, sum: 30, sumSquares: 30 };
    const options = { alpha: 0.05, at: 1000 };
    expect(meanDifference(arm, arm, { ...options, events: WARM_UP - 1 })).toBeUndefined();
    expect(meanDifference(arm, arm, { ...options, events: WARM_UP })).toBeDefined();
  });
});

describe('what is only reported', () => {
  it.each(FURTHER.categories)('prediction shift $#', ({ windows, logE }) => {
    expectClose(predictionShift(windows), logE);
  });

  it.each(FURTHER.quantile)('quantile $p $#', ({ a, b, p, c, logE }) => {
    expectClose(quantileTest(a, b, p, c), logE);
  });
});

describe('the frozen edge', () => {
  it.each([
    [[0, 50, 45, 4, 1], 3],
    [[90, 4, 3, 3], 2],
    [[80, 20], 1],
    [[0, 10, 90], 2],
    [[0, 100, 0], undefined],
    [[0, 0], undefined],
  ])('of %j is %s', (counts, edge) => {
    expect(frozenEdge(counts)).toBe(edge);
  });

  it('is what later devices exceed', () => {
    expect(exceedance([1, 2, 3, 4, 5], 3)).toEqual({ devices: 15, bad: 9 });
  });
});

describe('hard rules', () => {
  it.each([
    [{ load: 3 }, 15, 1],
    [{ load: 3 }, 16, 0],
    [{ load: 2 }, 2, 0],
    [{ selfTest: 4, crashLoop: 5 }, 20, 2],
    [{ selfTest: 3 }, 0, 1], // none lived long enough to be exposed
    [{}, 0, 0],
  ])('%j of %i devices: %i broken', (failures, devices, broken) => {
    expect(brokenRules(failures, devices)).toHaveLength(broken);
  });
});

describe('a shadow', () => {
  it('is judged by the pairs in which just one is right', () => {
    const pairs = { bothRight: 900, onlyChampion: 10, onlyChallenger: 0, bothWrong: 40 };
    const { harm, safe } = pairedErrors(pairs, 2);
    expect(harm.logE).toBeCloseTo(3.0900777942332853, 9); // event_split.json: 10 of 10 at ½
    expect(safe.p).toBe(1);
    expect(pairedErrors({ ...pairs, onlyChampion: 0, onlyChallenger: 30 }, 2).safe.p).toBeLessThan(
      1e-6,
    );
  });

  it('tells agreement, and which classes are confused most', () => {
    expect(
      agreement([
        [50, 3, 0],
        [9, 30, 0],
        [0, 0, 8],
      ]),
    ).toEqual({
      pairs: 100,
      share: 0.88,
      disagreements: [
        { champion: 1, challenger: 0, pairs: 9 },
        { champion: 0, challenger: 1, pairs: 3 },
      ],
    });
  });
});
