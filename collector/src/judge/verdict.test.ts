import { describe, expect, it } from 'vitest';
import type { Guardrail, JudgeInput } from './policy.ts';
import type { Stratum } from './stratum.ts';
import { judge } from './verdict.ts';
import { inWords } from './words.ts';

/** Two thousand canary devices of twenty thousand. */
const DEVICES = { A: 18_000, B: 2000, shareB: 0.1 };
const stratum = (badA: number, badB: number): Stratum => ({
  shareB: DEVICES.shareB,
  nA: DEVICES.A,
  badA,
  nB: DEVICES.B,
  badB,
});
const rare = (badA: number, badB: number, changes: Partial<Guardrail> = {}): Guardrail => ({
  name: 'error',
  kind: 'rare',
  strata: [stratum(badA, badB)],
  ...changes,
});
const common = (badA: number, badB: number): Guardrail => ({
  name: 'redo',
  kind: 'common',
  strata: [stratum(badA, badB)],
});
const SAME = rare(270, 30);
const WORSE = rare(270, 75);
/** Not twice, not the same. */
const UNCLEAR = rare(27, 4);
const SAME_REDO = common(1800, 200);
const WORSE_REDO = common(1800, 290);

const policy = (changes: Partial<JudgeInput>): JudgeInput => ({
  alpha: 0.05,
  promoteRatio: 2,
  guardrails: [SAME, SAME_REDO],
  exposed: [DEVICES],
  ...changes,
});

describe('the verdict', () => {
  it.each<[string, string, Partial<JudgeInput>]>([
    ['promote', 'safe', {}],
    ['promote', 'safe', { minDevices: 2000, baked: true }],
    ['continue', 'too early', { minDevices: 2001 }],
    ['continue', 'too early', { baked: false }],
    ['continue', 'open', { guardrails: [SAME, UNCLEAR] }],
    ['inconclusive', 'deadline', { guardrails: [SAME, UNCLEAR], deadlinePassed: true }],
    ['inconclusive', 'deadline', { minDevices: 2001, deadlinePassed: true }],
    ['promote', 'safe', { deadlinePassed: true }],
    ['rollback', 'harm', { guardrails: [WORSE, SAME_REDO] }],
    ['rollback', 'harm', { guardrails: [SAME, WORSE_REDO] }],
    ['rollback', 'harm', { guardrails: [WORSE], minDevices: 1e6, baked: false }],
    ['hold', 'sample-ratio mismatch', { exposed: [{ ...DEVICES, B: 1800 }] }],
    ['hold', 'sample-ratio mismatch', { exposed: [{ ...DEVICES, B: 0 }] }],
    [
      'hold',
      'sample-ratio mismatch',
      { guardrails: [WORSE], exposed: [{ ...DEVICES, B: 1800 }], deadlinePassed: true },
    ],
    ['rollback', 'hard rule', { hard: { load: 400 } }],
    ['rollback', 'hard rule', { exposed: [{ ...DEVICES, B: 0 }], hard: { selfTest: 3 } }],
    ['promote', 'safe', { hard: { load: 399, selfTest: 2, crashLoop: 0 } }],
    ['hold', 'no data', { exposed: [{ A: 0, B: 0, shareB: 0.1 }] }],
    ['hold', 'no data', { exposed: [{ A: 40, B: 0, shareB: 0.1 }], deadlinePassed: true }],
    ['hold', 'no data', { guardrails: [{ ...SAME, strata: [] }] }],
    ['continue', 'open', { guardrails: [SAME, { ...SAME_REDO, strata: [] }] }],
  ])('%s: %s %#', (outcome, why, changes) => {
    const verdict = judge(policy(changes));
    expect(verdict).toMatchObject({ outcome, why });
    expect(inWords(verdict)[0]).toMatch(new RegExp(`^${outcome}: `));
  });

  it('spends its budget over all guardrails: one that decides alone need not among many', () => {
    // 10 of 10 events at ½: p = .0455 (event_split.json).
    const strata = [{ shareB: 0.5, nA: 500, badA: 0, nB: 500, badB: 10 }];
    const exposed = [{ A: 500, B: 500, shareB: 0.5 }];
    const one: Guardrail = { name: 'error', kind: 'rare', strata };
    const other: Guardrail = { ...one, name: 'null', strata: [{ ...strata[0]!, badB: 0 }] };
    expect(judge(policy({ guardrails: [one], exposed })).outcome).toBe('rollback');
    const both = judge(policy({ guardrails: [one, other], exposed }));
    expect(both).toMatchObject({ outcome: 'continue', threshold: 40 });
    expect(both.guardrails.map(({ state }) => state)).toEqual(['open', 'open']);
  });

  it('takes the ratio that a guardrail names', () => {
    const verdict = judge(policy({ guardrails: [SAME, rare(270, 30, { promoteRatio: 1.1 })] }));
    expect(verdict.outcome).toBe('continue');
    expect(verdict.guardrails.map(({ ratio, state }) => [ratio, state])).toEqual([
      [2, 'safe'],
      [1.1, 'open'],
    ]);
  });

  it('can promote where hardly anything happens, if told what is negligible', () => {
    const quiet = rare(2, 0);
    expect(judge(policy({ guardrails: [quiet] })).outcome).toBe('continue');
    const told = judge(policy({ guardrails: [{ ...quiet, negligible: 0.01 }] }));
    expect(told.outcome).toBe('promote');
    // ln of the mean of e^.192403 (ratio) and e^19.758712 (rate), each integrated by judge.py's binomial_mixture.
    expect(told.guardrails[0]!.safe.logE).toBeCloseTo(19.0655651348691, 9);
    const busy = judge(policy({ guardrails: [rare(270, 60, { negligible: 0.01 })] }));
    expect(busy.guardrails[0]!.state).not.toBe('safe');
  });

  it('is not misled by a ramp while the baseline drifts, as pooled counts are', () => {
    // No difference within either window; pooled, the canary has 1.90 % and the champion .53 %.
    const strata = [
      { shareB: 0.01, nA: 99_000, badA: 495, nB: 1000, badB: 5 },
      { shareB: 0.5, nA: 2000, badA: 40, nB: 2000, badB: 40 },
    ];
    const exposed = strata.map(({ shareB, nA, nB }) => ({ shareB, A: nA, B: nB }));
    for (const kind of ['rare', 'common'] as const) {
      const stratified = judge(policy({ guardrails: [{ name: 'x', kind, strata }], exposed }));
      expect(stratified.guardrails[0]!.harm.p, kind).toBe(1);
      const sum = { nA: 101_000, badA: 535, nB: 3000, badB: 45 };
      const pooled = judge(policy({ guardrails: [{ name: 'x', kind, strata: [sum] }], exposed }));
      expect(pooled.guardrails[0]!.harm.p, kind).toBeLessThan(1e-4);
    }
  });

  it('says in words what it saw', () => {
    expect(inWords(judge(policy({ guardrails: [WORSE, SAME_REDO], hard: { load: 500 } })))).toEqual(
      [
        'rollback: too many devices cannot run the canary at all',
        '500 of 2000 devices with the canary could not load it',
        expect.stringMatching(/^sample ratio: 2,000 canary devices; .* 0\.\d+, 100 would be one$/),
        expect.stringMatching(
          /^error: harm; canary 75 of 2,000 \(3\.75 %\); champion 270 of 18,000 \(1\.5 %\); e-value 1e\d+ that it is worse, .* below 2 times; 40 decides$/,
        ),
        expect.stringMatching(/^redo: safe; canary 200 of 2,000 \(10 %\)/),
      ],
    );
  });
});
