import { describe, expect, it } from 'vitest';
import { parseCounts } from './counts.ts';

const STRATUM = { shareB: 0.1, nA: 9000, badA: 90, nB: 1000, badB: 10 };
const EXPOSED = { A: 9000, B: 1000, shareB: 0.1 };
const counts = (stratum: object = {}, rest: object = {}) => ({
  guardrails: [{ name: 'error', kind: 'rare', strata: [{ ...STRATUM, ...stratum }] }],
  exposed: EXPOSED,
  ...rest,
});

describe('counts to judge', () => {
  it('need neither a policy nor shares', () => {
    expect(parseCounts(counts({ shareB: undefined }))).toMatchObject({
      alpha: 0.05,
      promoteRatio: 2,
      exposed: [EXPOSED],
    });
    expect(parseCounts(counts({}, { exposed: [EXPOSED, EXPOSED] })).exposed).toHaveLength(2);
  });

  it.each<[unknown, string]>([
    [null, 'Expected Object'],
    [[], 'guardrails: '],
    [counts({}, { guardrails: [] }), 'guardrails: '],
    [counts({}, { exposed: undefined }), 'exposed'],
    [counts({}, { exposed: [] }), 'exposed: '],
    [counts({}, { exposed: { ...EXPOSED, B: null } }), 'exposed.B: '],
    [counts({}, { exposed: [EXPOSED, { ...EXPOSED, shareB: 2 }] }), 'exposed.1.shareB: '],
    [counts({}, { budget: 0.05 }), 'budget: '],
    [counts({}, { alpha: 0.5 }), 'alpha: '],
    [counts({}, { alpha: 0 }), 'alpha: '],
    [counts({}, { promoteRatio: 1 }), 'promoteRatio: '],
    [counts({}, { hard: { crash: 1 } }), 'hard.crash: '],
    [counts({ badB: 1001 }), 'guardrails.0.strata.0.badB: more bad devices than devices'],
    [counts({ badA: 9001 }), 'guardrails.0.strata.0.badA: more bad devices than devices'],
    [counts({ badA: 0.5 }), 'guardrails.0.strata.0.badA: '],
    [counts({ nA: -1 }), 'guardrails.0.strata.0.nA: '],
    [counts({ nB: '7' }), 'guardrails.0.strata.0.nB: '],
    [counts({ shareB: 0 }), 'guardrails.0.strata.0.nB: devices of an arm whose share is 0'],
    [counts({ shareB: 1 }), 'guardrails.0.strata.0.nA: devices of an arm whose share is 0'],
    [counts({ shareB: 1e-10 }), 'guardrails.0.strata.0.shareB: '],
    [counts({ nA: 2e12 }), 'guardrails.0.strata.0.nA: '],
    [counts({ badC: 1 }), 'guardrails.0.strata.0.badC: '],
    [{ ...counts(), guardrails: [...counts().guardrails, ...counts().guardrails] }, 'one name'],
    [{ ...counts(), guardrails: [{ ...counts().guardrails[0], grid: [0.5] }] }, '.grid.0: '],
    [{ ...counts(), guardrails: [{ ...counts().guardrails[0], grid: [] }] }, '.grid: '],
    [{ ...counts(), guardrails: [{ ...counts().guardrails[0], c: 0 }] }, '.c: '],
    [{ ...counts(), guardrails: [{ ...counts().guardrails[0], kind: 'often' }] }, '.kind: '],
  ])('are refused: %j', (given, named) => {
    expect(() => parseCounts(given)).toThrow(
      expect.objectContaining({ code: 'data_invalid', message: expect.stringContaining(named) }),
    );
  });
});
