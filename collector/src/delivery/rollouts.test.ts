import { bucketOf } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import type { Deployment } from '../store.ts';
import { type Plan, promote, rollback, startCanary } from './rollouts.ts';

/** A model's history, newest first, as plans make it. */
function history(...plans: (Plan | ((current: Deployment, all: Deployment[]) => Plan))[]) {
  const all: Deployment[] = [];
  for (const [i, plan] of plans.entries()) {
    const next = typeof plan === 'function' ? plan(all[0]!, all) : plan;
    all.unshift({ app: 'a', model: 'm', sequence: i + 1, at: i, ...next });
  }
  return all;
}
let salts = 0;
const salt = (): string => `salt-${++salts}`;
const FIRST: Plan = { champion: 'v1', cause: 'publish' };
const start = (version: string, share: number) => (current: Deployment) =>
  startCanary(current, version, share, salt);
const back = (to?: string) => (_: Deployment, all: Deployment[]) => rollback(all, to);
const conflict = expect.objectContaining({ code: 'conflict' });

describe('a canary', () => {
  it('keeps its salt while it widens: nobody flips back', () => {
    const [wide, , narrow] = history(FIRST, start('v2', 0.05), start('v2', 0.25), start('v2', 0.6));
    expect(wide).toMatchObject({ champion: 'v1', cause: 'widen', canary: { share: 0.6 } });
    expect(wide!.canary!.salt).toBe(narrow!.canary!.salt);
    for (let i = 0; i < 20_000; i++) {
      const bucket = bucketOf(wide!.canary!.salt, `device-${i}`);
      if (bucket < narrow!.canary!.share) expect(bucket).toBeLessThan(wide!.canary!.share);
    }
  });

  it('takes a new salt when it starts anew', () => {
    const all = history(FIRST, start('v2', 0.5), back(), start('v2', 0.5));
    expect(all[0]!.canary!.salt).not.toBe(all[2]!.canary!.salt);
  });

  it('never narrows, never competes, and is never the champion', () => {
    const [current] = history(FIRST, start('v2', 0.5));
    for (const [version, share] of [
      ['v2', 0.5],
      ['v2', 0.1],
      ['v3', 0.9],
      ['v1', 0.9],
    ] as const) {
      expect(() => startCanary(current!, version, share, salt)).toThrow(conflict);
    }
  });

  it('is promoted once', () => {
    const [current] = history(FIRST, start('v2', 0.5), promote);
    expect(current).toMatchObject({ champion: 'v2', cause: 'promote' });
    expect(current!.canary).toBeUndefined();
    expect(() => promote(current!)).toThrow(conflict);
  });
});

describe('rollback', () => {
  it('from a canary leaves the champion', () => {
    const [current] = history(FIRST, start('v2', 0.5), back());
    expect(current).toMatchObject({ champion: 'v1', cause: 'rollback' });
    expect(current!.canary).toBeUndefined();
  });

  it('from a champion goes back, step by step, and not forth again', () => {
    const all = history(FIRST, start('v2', 1), promote, start('v3', 1), promote, back(), back());
    expect(all.map((deployment) => deployment.champion)).toEqual([
      'v1',
      'v2',
      'v3',
      'v2',
      'v2',
      'v1',
      'v1',
    ]);
    expect(() => rollback(all, undefined)).toThrow(conflict);
  });

  it('goes to the version that is named', () => {
    const all = history(FIRST, start('v2', 1), promote, start('v3', 0.5), back('v1'));
    expect(all[0]).toMatchObject({ champion: 'v1' });
    expect(() => rollback(all, 'v1')).toThrow(conflict);
  });
});
