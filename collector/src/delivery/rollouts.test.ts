import { bucketOf } from '@siskin/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Deployment } from '../store.ts';
import { type Asked, parseAsked } from './policy.ts';
import * as rollouts from './rollouts.ts';

type Step = (history: Deployment[], moment: rollouts.Moment) => rollouts.Plan;

const FIRST: rollouts.Plan = { champion: 'v1', cause: 'publish' };

/** A model's history, newest first, as it is made: by the minute. */
function take(history: Deployment[], step: Step): Deployment[] {
  const sequence = (history[0]?.sequence ?? 0) + 1;
  const at = sequence * 60_000;
  const plan = step(history, { at, sequence, newSalt: () => `salt-${sequence}` });
  return [{ app: 'a', model: 'm', sequence, at, ...plan }, ...history];
}
const after = (...steps: Step[]): Deployment[] =>
  steps.reduce(
    take,
    take([], () => FIRST),
  );

const manual = (version: string, share: number): Step => start({ version, canary: share * 100 });
const start =
  (asked: object): Step =>
  ([current], moment) =>
    rollouts.start(current!, parseAsked(asked), moment);
const canary = (changes: object = {}): Step =>
  start({ strategy: 'canary', version: 'v2', steps: [1, 25, 50, 100], ...changes });
const shadow = start({ strategy: 'shadow', version: 'v2' });
const blueGreen = start({ strategy: 'blue-green', version: 'v2' });
const promote: Step = ([current], moment) => rollouts.promote(current!, moment);
const promoteFully: Step = ([current], moment) => rollouts.promote(current!, moment, true);
const advance: Step = ([current], moment) => rollouts.advance(current!, moment);
const on =
  (plan: (current: Deployment, moment: rollouts.Moment) => rollouts.Plan): Step =>
  ([current], moment) =>
    plan(current!, moment);
const back =
  (to?: string): Step =>
  (history) =>
    rollouts.rollback(history, to);
const conflict = expect.objectContaining({ code: 'conflict' });

describe('a canary by hand', () => {
  it('keeps its salt while it widens, and takes a new one when it starts anew', () => {
    const all = after(manual('v2', 0.05), manual('v2', 0.5), back(), manual('v2', 0.5));
    expect(all[2]).toMatchObject({ champion: 'v1', cause: 'widen', rollout: { share: 0.5 } });
    expect(all[2]!.rollout!.salt).toBe(all[3]!.rollout!.salt);
    expect(all[0]!.rollout!.salt).not.toBe(all[2]!.rollout!.salt);
  });

  it('never narrows, never competes, and is never the champion', () => {
    const all = after(manual('v2', 0.5));
    for (const step of [
      manual('v2', 0.5),
      manual('v2', 0.1),
      manual('v3', 0.9),
      manual('v1', 0.9),
      canary(),
    ]) {
      expect(() => take(all, step)).toThrow(conflict);
    }
  });

  it('is promoted once, and moved by nobody but people', () => {
    const all = after(manual('v2', 0.5), promote);
    expect(all[0]).toMatchObject({ champion: 'v2', cause: 'promote' });
    expect(all[0]!.rollout).toBeUndefined();
    expect(() => take(all, promote)).toThrow(conflict);
    expect(() => take(all.slice(1), on(rollouts.pause))).toThrow(conflict);
  });
});

describe('a canary with a policy', () => {
  it('goes step by step and ends with everybody', () => {
    const all = after(canary(), advance, advance, advance);
    expect(all.map(({ champion, rollout, cause }) => [champion, rollout?.share, cause])).toEqual([
      ['v2', undefined, 'promote'],
      ['v1', 0.5, 'widen'],
      ['v1', 0.25, 'widen'],
      ['v1', 0.01, 'start'],
      ['v1', undefined, 'publish'],
    ]);
    expect(all[1]!.rollout).toMatchObject({ from: 4, since: 240_000 });
  });

  it('waits where somebody has to approve, and goes on when somebody does', () => {
    const waiting = after(canary({ approve: [25, 100] }), advance);
    expect(waiting[0]).toMatchObject({ cause: 'wait', rollout: { state: 'waiting', share: 0.01 } });
    expect(waiting[0]!.rollout).toMatchObject({ from: 2, since: 120_000 }); // counts go on
    const approved = take(waiting, promote);
    expect(approved[0]!.rollout).toMatchObject({ state: 'running', share: 0.25 });
    const last = [advance, advance].reduce(take, approved);
    expect(last[0]).toMatchObject({ champion: 'v1', rollout: { state: 'waiting', share: 0.5 } });
    expect(take(last, promote)[0]).toMatchObject({ champion: 'v2', cause: 'promote' });
    const gone = take(waiting, back());
    expect(gone[0]).toMatchObject({ champion: 'v1', cause: 'rollback' });
    expect(gone[0]!.rollout).toBeUndefined();
  });

  it('may be promoted in full from anywhere', () => {
    expect(after(canary(), promoteFully)[0]).toMatchObject({ champion: 'v2', cause: 'promote' });
  });

  it('pauses and goes on where it was; after a hold it counts anew', () => {
    const paused = after(canary(), on(rollouts.pause));
    expect(() => take(paused, on(rollouts.pause))).toThrow(conflict);
    const resumed = take(paused, on(rollouts.resume));
    expect(resumed[0]!.rollout).toMatchObject({ state: 'running', from: 2, since: 240_000 });
    const held = take(resumed, on(rollouts.hold));
    expect(take(held, on(rollouts.resume))[0]!.rollout).toMatchObject({ from: 6, since: 360_000 });
    expect(() => take(resumed, on(rollouts.resume))).toThrow(conflict);
  });
});

describe('rollback', () => {
  it('from a champion goes back, step by step, and not forth again', () => {
    const all = after(...[manual('v2', 1), promote, manual('v3', 1), promote], ...[back(), back()]);
    expect(all.map((deployment) => deployment.champion)).toEqual(
      ['v1', 'v2', 'v3', 'v2', 'v2', 'v1', 'v1'], // newest first
    );
    expect(() => take(all, back())).toThrow(conflict);
  });

  it('goes to the version that is named', () => {
    const all = after(manual('v2', 1), promote, manual('v3', 0.5), back('v1'));
    expect(all[0]).toMatchObject({ champion: 'v1' });
    expect(() => take(all, back('v1'))).toThrow(conflict);
  });

  it('needs no network: devices keep what it goes back to', () => {
    expect(rollouts.keepOf(after())).toEqual([]);
    expect(rollouts.keepOf(after(canary()))).toEqual(['v1']);
    const promoted = after(canary(), promoteFully);
    expect(rollouts.keepOf(promoted)).toEqual(['v1']);
    expect(rollouts.keepOf(take(promoted, start({ version: 'v3', canary: 5 })))).toEqual(['v2']);
  });
});

describe('the other strategies', () => {
  it('blue-green: nobody, everybody, nobody again; promoted when it is live', () => {
    const all = after(blueGreen, on(rollouts.flip), on(rollouts.flip));
    expect(all.map(({ rollout }) => rollout?.share)).toEqual([0, 1, 0, undefined]);
    expect(all.map(({ champion }) => champion)).toEqual(['v1', 'v1', 'v1', 'v1']);
    expect(() => take(all, promote)).toThrow(conflict);
    expect(take(all.slice(1), promote)[0]).toMatchObject({ champion: 'v2', cause: 'promote' });
    expect(() => take(after(canary()), on(rollouts.flip))).toThrow(conflict);
  });

  it('a shadow is not promoted by mistake', () => {
    expect(() => take(after(shadow), promote)).toThrow(conflict);
    expect(take(after(shadow), promoteFully)[0]!.champion).toBe('v2');
  });

  it('a pinned model takes no rollout until it is unpinned or rolled back', () => {
    const pinned = after(
      canary(),
      on((current) => rollouts.pin(current, 'v3')),
    );
    expect(pinned[0]).toMatchObject({ champion: 'v3', pinned: true });
    expect(pinned[0]!.rollout).toBeUndefined();
    expect(() => take(pinned, canary())).toThrow(conflict);
    const free = take(pinned, on(rollouts.unpin));
    expect(take(free, canary())[0]).toMatchObject({ champion: 'v3', rollout: { version: 'v2' } });
    expect(take(pinned, back())[0]).toMatchObject({ champion: 'v1', cause: 'rollback' });
  });

  it('off is off until on, whatever happens to the rollout', () => {
    const off = after(canary(), on(rollouts.switchOff));
    expect(off[0]).toMatchObject({ off: true, rollout: { share: 0.01 } });
    expect(take(off, back())[0]).toMatchObject({ off: true, champion: 'v1' });
    const again = take(off, on(rollouts.switchOn));
    expect(again[0]!.off).toBeUndefined();
    expect(again[0]!.rollout).toEqual(off[1]!.rollout);
    expect(() => take(again, on(rollouts.switchOn))).toThrow(conflict);
  });

  it('the degree of automation outlives rollouts, until it is the spec’s again', () => {
    const automation = { level: 'partial', threshold: 0.8 } as const;
    const set = after(
      on((current) => rollouts.automate(current, automation)),
      canary(),
      back(),
    );
    expect(set[0]!.automation).toEqual(automation);
    const unset = take(
      set,
      on((current) => rollouts.automate(current, undefined)),
    );
    expect(unset[0]!.automation).toBeUndefined();
  });
});

describe('any sequence of commands', () => {
  const share = fc.integer({ min: 1, max: 99 });
  const version = fc.constantFrom('v1', 'v2', 'v3');
  const command: fc.Arbitrary<Step> = fc.oneof(
    fc.tuple(version, share).map(([v, percent]) => manual(v, percent / 100)),
    fc
      .tuple(version, fc.constantFrom('canary', 'rolling'), fc.uniqueArray(share, { minLength: 1 }))
      .map(([v, strategy, steps]) => {
        steps.sort((a, b) => a - b);
        return start({ strategy, version: v, steps, approve: [steps.at(-1)!, 100].slice(1) });
      }),
    fc
      .tuple(version, fc.constantFrom('shadow', 'blue-green'))
      .map(([v, strategy]) => start({ strategy, version: v })),
    version.map((v) => on((current) => rollouts.pin(current, v))),
    fc.option(version, { nil: undefined }).map(back),
    fc.constantFrom(
      ...[promote, promoteFully, advance, on(rollouts.pause), on(rollouts.resume)],
      ...[on(rollouts.hold), on(rollouts.wait), on(rollouts.flip), on(rollouts.unpin)],
      ...[on(rollouts.switchOff), on(rollouts.switchOn)],
      on((current) => rollouts.automate(current, { level: 'human', threshold: 0.5 })),
    ),
  );

  it('loses no history, keeps one champion, never narrows a share, and can be rolled back', () => {
    let done = 0;
    fc.assert(
      fc.property(fc.array(command, { minLength: 10, maxLength: 40, size: 'max' }), (commands) => {
        let history = after();
        for (const step of commands) {
          const before = structuredClone(history);
          try {
            history = take(history, step);
          } catch (error) {
            expect(error).toEqual(conflict); // refused, and nothing else
            expect(history).toEqual(before);
            continue;
          }
          done++;
          expect(history.slice(1)).toEqual(before);
          const [now, then] = history as [Deployment, Deployment];
          expect(now.champion).toMatch(/^v[123]$/);
          expect(now.rollout?.version).not.toBe(now.champion);
          if (now.pinned) expect(now.rollout).toBeUndefined();
          const salted = history.filter(({ rollout }) => rollout?.salt === now.rollout?.salt);
          if (now.rollout !== undefined && now.rollout.salt !== then.rollout?.salt) {
            expect(salted).toHaveLength(1); // never a salt of before
          }
          if (now.rollout !== undefined && now.rollout.salt === then.rollout?.salt) {
            expect(now.rollout.version).toBe(then.rollout.version);
            if (now.rollout.strategy !== 'blue-green') {
              expect(now.rollout.share).toBeGreaterThanOrEqual(then.rollout.share);
            }
            if (now.rollout.share !== then.rollout.share) {
              expect(now.rollout.from).toBe(now.sequence);
            }
          }
          const wasOther = history.some(({ champion }) => champion !== now.champion);
          if (now.rollout !== undefined) {
            expect(take(history, back())[0]).toMatchObject({ champion: now.champion });
          } else if (wasOther) {
            const other = history.find(({ champion }) => champion !== now.champion)!;
            expect(take(history, back(other.champion))[0]!.champion).toBe(other.champion);
          }
        }
      }),
      { numRuns: 400, seed: 11 },
    );
    expect(done).toBeGreaterThan(1000); // most are refused; enough are not
  });

  it('flips nobody back while a ramp widens: of 20 000 devices none', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 20 }),
        fc.uniqueArray(share, { minLength: 2, maxLength: 6 }),
        (salt, steps) => {
          steps.sort((a, b) => a - b);
          const asked: Asked = parseAsked({ strategy: 'rolling', version: 'v2', steps });
          const begin: Step = ([current], moment) =>
            rollouts.start(current!, asked, { ...moment, newSalt: () => salt });
          const all = after(begin, ...steps.slice(1).map(() => advance));
          const ramp = all.slice(0, -1).map(({ rollout }) => rollout!);
          expect(ramp.map((one) => one.share)).toEqual(steps.map((p) => p / 100).reverse());
          for (let i = 0; i < 20_000; i++) {
            const given = ramp.map((one) => bucketOf(one.salt, `device-${i}`) < one.share);
            // Newest first: whoever has it at a step has it at all later ones.
            expect(given.lastIndexOf(true)).toBe(given.filter(Boolean).length - 1);
          }
        },
      ),
      { numRuns: 5, seed: 12 },
    );
  });
});
