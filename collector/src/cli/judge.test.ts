import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { siskin } from '../testing/command.ts';
import { temporaryFolder } from '../testing/folder.ts';

const ORACLE = new URL('../../../test/oracle/delivery/event_split.json', import.meta.url);

function judged(counts: unknown, ...flags: string[]) {
  const path = join(temporaryFolder(), 'counts.json');
  writeFileSync(path, typeof counts === 'string' ? counts : JSON.stringify(counts));
  return siskin(['judge', path, ...flags]);
}

const STRATUM = { shareB: 0.1, nA: 9000, badA: 90, nB: 1000, badB: 10 };
const EXPOSED = { A: 9000, B: 1000, shareB: 0.1 };
const counts = (stratum: object = {}, rest: object = {}) => ({
  alpha: 0.05,
  promoteRatio: 2,
  guardrails: [{ name: 'error', kind: 'rare', strata: [{ ...STRATUM, ...stratum }] }],
  exposed: EXPOSED,
  ...rest,
});

describe('siskin judge', () => {
  it('answers as the oracle does', async () => {
    const { cases } = JSON.parse(readFileSync(ORACLE, 'utf8'));
    const guardrails = cases.map((one: Record<string, number>, i: number) => ({
      name: `case ${i}`,
      kind: 'rare',
      c: one.k,
      strata: [{ shareB: one.shareB, nA: 5000, badA: one.eventsA, nB: 5000, badB: one.eventsB }],
    }));
    const result = await judged({ guardrails, exposed: EXPOSED }, '--json');
    const found = result.json();
    for (const [i, one] of cases.entries()) {
      expect(found.guardrails[i].name).toBe(`case ${i}`);
      expect(found.guardrails[i].harm.logE).toBeCloseTo(one.logEOne, 8);
      expect(found.guardrails[i].harm.p).toBeCloseTo(one.pOne, 8);
    }
    // srm.json: 9000 and 1000 at .9 and .1, concentration 1000.
    expect(found.srm.logE).toBeCloseTo(-1.1997136269010298, 8);
    expect(found.srm.p).toBe(1);
  });

  it.each([
    ['continue', 0, counts()],
    ['promote', 0, counts({ badA: 270, badB: 30 })],
    ['rollback', 1, counts({ badB: 40 })],
    ['inconclusive', 1, counts({}, { deadlinePassed: true })],
    ['hold', 1, counts({}, { exposed: { ...EXPOSED, B: 700 } })],
    ['hold', 0, counts({}, { exposed: [{ A: 0, B: 0, shareB: 0.01 }] })],
    ['rollback', 1, counts({}, { hard: { crashLoop: 300 } })],
  ])('%s: exit code %i', async (outcome, code, given) => {
    const result = await judged(given, '--json');
    expect(result).toMatchObject({ code, stderr: '' });
    expect(result.json().outcome).toBe(outcome);
  });

  it('says in lines what --json says in members', async () => {
    const { code, stdout } = await judged(counts({ badB: 40 }));
    expect(code).toBe(1);
    expect(stdout.split('\n')).toEqual([
      'rollback: the canary is worse',
      expect.stringMatching(/^sample ratio: 1,000 canary devices; /),
      expect.stringMatching(
        /^error: harm; canary 40 of 1,000 \(4 %\); champion 90 of 9,000 \(1 %\); /,
      ),
      '',
    ]);
  });

  it.each([
    ['{', 'is not JSON'],
    [counts({ badB: 1001 }), 'guardrails.0.strata.0.badB: more bad devices than devices'],
  ])('refuses %j', async (given, named) => {
    const { code, stdout, stderr } = await judged(given, '--json');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^siskin: .*counts\.json.* \[data_invalid\]\n$/);
    expect(stderr).toContain(named);
  });

  it('says which file it cannot read', async () => {
    const result = await siskin(['judge', '/nowhere/counts.json']);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain('/nowhere/counts.json cannot be read');
  });
});
