import { categoryBinOf, SERIES, UNIT_EVENTS } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import { flip, hold, pause, promote, resume, rollback, switchOff } from './delivery/rollouts.ts';
import { MODEL } from './testing/model.ts';
import { startRolloutTest } from './testing/rollouts.ts';

const MINUTE = 60_000;
const CANARY = { strategy: 'canary', steps: [5, 25, 50, 100], bake: '5m', minDevices: 200 };
const ERRORS = { champion: { error: 0.02 }, canary: { error: 0.02 } };

describe('a canary with a policy', () => {
  it('that is no worse goes to everybody, step by step', async () => {
    const test = await startRolloutTest();
    await test.start(CANARY);
    const end = await test.run(300, 4000, ERRORS);
    expect(end).toMatchObject({ champion: 'v2', cause: 'promote', keep: ['v1'], by: 'siskin' });
    expect(end.rollout).toBeUndefined();
    const history = await test.history();
    expect(history.map(({ rollout, cause }) => [cause, rollout?.share])).toEqual([
      ['promote', undefined],
      ['widen', 0.5],
      ['widen', 0.25],
      ['start', 0.05],
      ['publish', undefined],
    ]);
    // No step is shorter than its bake time, and all of one rollout have one salt.
    const starts = history.slice(0, 4).map(({ at }) => at);
    for (const [i, at] of starts.slice(1).entries()) {
      expect(starts[i]! - at).toBeGreaterThanOrEqual(5 * MINUTE);
    }
    expect(new Set(history.slice(1, 4).map(({ rollout }) => rollout?.salt)).size).toBe(1);
    const [entry] = await test.audit();
    expect(entry).toMatchObject({ action: 'rollout promote', detail: { by: 'siskin' } });
    expect(entry!.detail.why).toMatch(/^promote: .*\n.*\nerror: safe; canary [\d,]+ of [\d,]+/);
  });

  it('whose errors have doubled is rolled back, and says why', async () => {
    const test = await startRolloutTest(2);
    await test.start(CANARY);
    const end = await test.run(300, 4000, { ...ERRORS, canary: { error: 0.04 } });
    expect(end).toMatchObject({ champion: 'v1', cause: 'rollback', by: 'siskin' });
    expect(end.why).toMatch(/^rollback: the canary is worse\n/);
    expect(end.why).toMatch(/error: harm; canary/);
    expect(await test.look()).toEqual([]); // and that is that
  });

  it('that redoes more is rolled back by a guard on what is common', async () => {
    const test = await startRolloutTest(3);
    await test.start({ ...CANARY, guard: ['redo', 'error'] });
    const rates = { champion: { redo: 0.1 }, canary: { redo: 0.2 } };
    expect(await test.run(300, 2000, rates)).toMatchObject({ champion: 'v1', cause: 'rollback' });
  });

  it('that is slower than the champion was when it started is rolled back', async () => {
    const test = await startRolloutTest(4);
    const latency = (factor: number) => (random: () => number) => factor * (20 + 80 * random());
    await test.devices(2000, { champion: { latency: latency(1) } });
    const begun = await test.start({ ...CANARY, guard: ['p95_latency'] });
    expect(begun.rollout!.edges).toHaveProperty('p95_latency');
    const same = { champion: { latency: latency(1) }, canary: { latency: latency(1) } };
    await test.run(4, 2000, same);
    expect((await test.judgement()).verdict!.guardrails[0]).toMatchObject({ name: 'p95_latency' });
    const { badA, nA, state } = (await test.judgement()).verdict!.guardrails[0]!;
    expect(badA / nA).toBeGreaterThan(0.01); // near 5 %, as near as bins come
    expect(badA / nA).toBeLessThan(0.12);
    expect(state).not.toBe('harm');
    const slow = { ...same, canary: { latency: latency(1.5) } };
    expect(await test.run(300, 2000, slow)).toMatchObject({ cause: 'rollback' });
  });

  it('has no guard on times without times to compare with', async () => {
    const test = await startRolloutTest();
    await expect(test.start({ ...CANARY, guard: ['p95_load'] })).rejects.toMatchObject({
      code: 'conflict',
    });
    expect((await test.current()).rollout).toBeUndefined();
  });

  it('is held when devices of one arm go missing, until somebody has looked', async () => {
    const test = await startRolloutTest(5);
    const { sequence } = await test.start(CANARY);
    await test.devices(4000, ERRORS);
    const exposed = [categoryBinOf('exposed', UNIT_EVENTS), 3000];
    const entry = { model: MODEL, version: 'v1', sequence, series: { [SERIES.unit]: exposed } };
    await test.count([{ ...entry, arm: 'champion' }]);
    await test.look();
    const held = await test.current();
    expect(held).toMatchObject({ champion: 'v1', cause: 'hold', rollout: { state: 'held' } });
    expect(held.why).toMatch(/^hold: the arms do not get the devices that they should/);
    expect(await test.look()).toEqual([]);
    await test.step(([current], moment) => resume(current!, moment));
    expect(await test.look()).toEqual([]); // what could not be trusted is not counted any more
    expect(await test.run(300, 4000, ERRORS)).toMatchObject({ champion: 'v2' });
  });

  it('without data holds: it neither fails nor is promoted', async () => {
    const test = await startRolloutTest();
    await test.start(CANARY);
    for (let day = 0; day < 20; day++) {
      test.wait(24 * 60 * MINUTE);
      expect(await test.look()).toEqual([]);
    }
    expect((await test.current()).rollout).toMatchObject({ state: 'running', share: 0.05 });
    expect(await test.history()).toHaveLength(2);
    expect((await test.judgement()).evidence[0]).toBe('hold: there are no devices to compare');
  });

  it('whose time is up without an answer waits for a person', async () => {
    const test = await startRolloutTest(6);
    await test.start({ ...CANARY, deadline: '10m' });
    const end = await test.run(30, 20, ERRORS);
    expect(end).toMatchObject({ cause: 'wait', rollout: { state: 'waiting', share: 0.05 } });
    expect(end.why).toMatch(/^inconclusive: time is up/);
    await test.step(([current], moment) => promote(current!, moment));
    expect((await test.current()).rollout).toMatchObject({ state: 'running', share: 0.25 });
  });

  it('waits at a gate, and goes on or back as a person says', async () => {
    const test = await startRolloutTest(7);
    await test.start({ ...CANARY, approve: [100] });
    const waiting = await test.run(300, 4000, ERRORS);
    expect(waiting).toMatchObject({ cause: 'wait', rollout: { state: 'waiting', share: 0.5 } });
    test.wait(60 * MINUTE);
    expect(await test.look()).toEqual([]);
    await test.step((history) => rollback(history));
    expect(await test.current()).toMatchObject({ champion: 'v1', cause: 'rollback' });
    await test.start({ ...CANARY, approve: [100] });
    const again = await test.run(300, 4000, ERRORS);
    expect(again.rollout!.salt).not.toBe(waiting.rollout!.salt);
    await test.step(([current], moment) => promote(current!, moment));
    expect(await test.current()).toMatchObject({ champion: 'v2', cause: 'promote' });
  });

  it('is rolled back at a gate if harm shows there, but not while a person has paused it', async () => {
    const test = await startRolloutTest(8);
    await test.start({ ...CANARY, approve: [25] });
    await test.run(300, 4000, ERRORS);
    await test.devices(40_000, { ...ERRORS, canary: { error: 0.2 } });
    await test.step(([current]) => pause(current!));
    expect(await test.look()).toEqual([]);
    await test.step(([current], moment) => resume(current!, moment));
    expect(await test.look()).toMatchObject([{ cause: 'rollback' }]);
  });

  it.each(['self-test', 'load', 'crash'] as const)(
    'that devices cannot run (%s) is rolled back at once',
    async (event) => {
      const test = await startRolloutTest(9);
      await test.start(CANARY);
      await test.devices(400, { canary: { [event]: 0.5 } });
      expect(await test.look()).toMatchObject([{ cause: 'rollback', by: 'siskin' }]);
      expect((await test.current()).why).toMatch(/too many devices cannot run/);
    },
  );

  it('is left alone while the model is off, and by hand', async () => {
    const test = await startRolloutTest(10);
    await test.start(CANARY);
    await test.devices(40_000, { ...ERRORS, canary: { error: 0.2 } });
    await test.step(([current]) => switchOff(current!));
    expect(await test.look()).toEqual([]);
    const other = await startRolloutTest(11);
    await other.start({ canary: 50 });
    await other.devices(40_000, { ...ERRORS, canary: { error: 0.2 } });
    expect(await other.look()).toEqual([]);
  });
});

describe('rolling', () => {
  const ROLLING = { strategy: 'rolling', steps: [10, 50, 100], bake: '10m' };

  it('goes by the clock, with fewer devices than show that it is safe', async () => {
    const test = await startRolloutTest(12);
    const { at } = await test.start(ROLLING);
    const end = await test.run(60, 30, ERRORS);
    expect(end).toMatchObject({ champion: 'v2', cause: 'promote' });
    expect(end.at - at).toBe(20 * MINUTE);
  });

  it('does not go on without devices, and goes back on harm', async () => {
    const test = await startRolloutTest(13);
    await test.start(ROLLING);
    expect((await test.run(60, 0)).rollout).toMatchObject({ share: 0.1, state: 'running' });
    const end = await test.run(60, 2000, { ...ERRORS, canary: { error: 0.1 } });
    expect(end).toMatchObject({ champion: 'v1', cause: 'rollback' });
  });
});

describe('blue-green', () => {
  it('is flipped by people, and rolled back by devices that cannot load green', async () => {
    const test = await startRolloutTest(14);
    await test.start({ strategy: 'blue-green', version: 'v2' });
    await test.devices(1000, ERRORS);
    expect(await test.look()).toEqual([]);
    await test.step(([current], moment) => flip(current!, moment));
    await test.devices(100, { canary: { load: 0.5 } });
    expect(await test.look()).toMatchObject([{ cause: 'rollback', champion: 'v1' }]);
  });
});

describe('one evaluator at a time', () => {
  it('of two on one database acts, once; the other one takes over when it dies', async () => {
    const test = await startRolloutTest(15);
    const second = test.process('second');
    await test.start(CANARY);
    await test.devices(40_000, { ...ERRORS, canary: { error: 0.2 } });
    const done = (await Promise.all([test.look(), second.look(), test.look()])).flat();
    expect(new Set(done.map(({ sequence }) => sequence)).size).toBe(1);
    expect((await test.history()).map(({ cause }) => cause)).toEqual([
      'rollback',
      'start',
      'publish',
    ]);
    await test.start(CANARY);
    await test.devices(40_000, { ...ERRORS, canary: { error: 0.2 } });
    test.wait(10_000); // two looks later the lease is not yet over
    expect(await second.look()).toEqual([]);
    test.wait(10_000);
    expect(await second.look()).toMatchObject([{ cause: 'rollback' }]);
    expect(await test.look()).toEqual([]);
  });

  it('does nothing on what has changed since it judged, lease or not', async () => {
    const test = await startRolloutTest(16);
    await test.start(CANARY);
    await test.devices(40_000, { ...ERRORS, canary: { error: 0.2 } });
    const lessee = { lease: () => Promise.resolve(true) };
    const late = test.process('late', {
      delivery: {
        // Somebody is quicker, between the judgement and what comes of it.
        async step(...args) {
          await test.step(([current]) => hold(current!));
          return test.delivery.step(...args);
        },
      },
      store: { ...test.store, control: { ...test.store.control, ...lessee } },
    });
    expect(await late.look()).toEqual([]);
    expect(await test.current()).toMatchObject({ cause: 'hold' });
  });

  it('goes on in the middle of a rollout after a restart', async () => {
    const test = await startRolloutTest(17);
    await test.start(CANARY);
    await test.devices(4000, ERRORS);
    const before = await test.judgement();
    test.wait(30_000);
    const restarted = test.process('restarted');
    expect(await restarted.look()).toEqual([]);
    expect((await test.judgement()).verdict).toEqual(before.verdict);
    await test.devices(40_000, ERRORS);
    test.wait(5 * MINUTE);
    expect(await restarted.look()).toMatchObject([{ cause: 'widen', rollout: { share: 0.25 } }]);
  });
});
