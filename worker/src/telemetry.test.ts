import 'fake-indexeddb/auto';
import { type Batch, LIMITS, SIGNALS } from '@siskin/protocol';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { predict } from './predict.ts';
import { observeOutcome, observeSignal, observeStage } from './profiler/observe.ts';
import { sealedBatch } from './testing/batches.ts';
import { brokenDatabase, testDatabase } from './testing/database.ts';
import { liveOf } from './testing/live.ts';
import { CATALOGUE_OF_M, countsOf, createTelemetry } from './testing/telemetry.ts';

const COUNTED = 2;
const FAILED = 3;
const BLOCKED = 9;
const QUOTA = 6;
const key = { model: 'm', version: 'v1', arm: 'champion', sequence: 1 } as const;

afterEach(() => void vi.useRealTimers());

/** One prediction, counted. */
async function ask(telemetry: Parameters<typeof predict>[3], sequence = 1): Promise<void> {
  await predict(
    'id',
    liveOf(() => 1, { sequence }),
    { a: 1 },
    telemetry,
    performance.now(),
  );
}

describe('windows', () => {
  it('lose and double nothing, however predictions and flushes interleave', async () => {
    const command = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('ask' as const), a: fc.nat(3) }) },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant('answer' as const),
          which: fc.nat(20),
          yes: fc.option(fc.constantFrom(0, 0.25, 1), { nil: undefined }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('flush' as const), wait: fc.boolean() }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('signal' as const), n: fc.nat(3) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 50 }), async (commands) => {
        const { telemetry, sent } = await createTelemetry();
        const pending: { a: number; gate: PromiseWithResolvers<number> }[] = [];
        const done: Promise<unknown>[] = [];
        const truth = { answered: [0, 0, 0, 0], no: 0, yes: 0, failed: 0, signals: 0 };
        const answer = ({ a, gate }: (typeof pending)[number], yes: number | undefined) => {
          if (yes === undefined) {
            truth.failed++;
            gate.reject(new Error('asked to'));
          } else {
            truth.answered[a]!++;
            truth[yes > 0.5 ? 'yes' : 'no']++;
            gate.resolve(yes);
          }
        };
        for (const step of commands) {
          if (step.kind === 'ask') {
            const gate = Promise.withResolvers<number>();
            pending.push({ a: step.a, gate });
            const live = liveOf(() => gate.promise, { sequence: 1 + (step.a % 2) });
            done.push(
              predict('id', live, { a: step.a }, telemetry, performance.now()).catch(() => 0),
            );
          } else if (step.kind === 'answer' && pending.length > 0) {
            answer(pending.splice(step.which % pending.length, 1)[0]!, step.yes);
          } else if (step.kind === 'flush') {
            const flushed = telemetry.flush();
            done.push(flushed);
            if (step.wait) await flushed;
          } else if (step.kind === 'signal') {
            truth.signals++;
            observeSignal(telemetry.counter(key, CATALOGUE_OF_M), SIGNALS[step.n]!);
          }
        }
        for (const left of pending) answer(left, 1);
        await Promise.all(done);
        expect(await telemetry.flush()).toBe(0);

        const total = (series: string) =>
          Object.values(countsOf(sent, series)).reduce((a, b) => a + b, 0);
        const answered = truth.no + truth.yes;
        const some = (counts: Record<number, number>) =>
          Object.fromEntries(Object.entries(counts).filter(([, n]) => n > 0));
        expect(countsOf(sent, 'predictions')).toEqual(
          some({ [COUNTED]: answered, [FAILED]: truth.failed }),
        );
        expect(countsOf(sent, 'output/label')).toEqual(some({ 2: truth.no, 3: truth.yes }));
        expect(total('input/a')).toBe(answered);
        expect(countsOf(sent, 'input/a')[425] ?? 0).toBe(truth.answered[0]); // the atom 0
        expect(total('software/latency')).toBe(answered);
        expect(total('software/error')).toBe(truth.failed);
        expect(total('user/signal')).toBe(truth.signals);
        expect(new Set(sent.map(({ id }) => id)).size).toBe(sent.length);
        await telemetry.close();
      }),
      { numRuns: 60 },
    );
  });

  it('are sealed and sent after their length', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { telemetry, sent, clock, events } = await createTelemetry();
    await ask(telemetry);
    clock.now += 60_000;
    vi.advanceTimersByTime(59_999);
    expect(events).toEqual([]);
    vi.advanceTimersByTime(1);
    await vi.waitUntil(() => sent.length === 1);
    expect(sent[0]).toMatchObject({ span: 60_000, group: 3, age: 0 });
    expect(events.map((event) => 'state' in event && event.state)).toEqual(['sealed', 'sent']);
  });

  it('are sealed when they are full', async () => {
    const { telemetry, sent } = await createTelemetry();
    for (let i = 0; i < 500; i++) await ask(telemetry);
    await vi.waitUntil(() => sent.length === 1);
    expect(countsOf(sent, 'predictions')).toEqual({ [COUNTED]: 500 });
  });

  it('never have more entries than a batch may', async () => {
    const { telemetry, sent } = await createTelemetry();
    for (let sequence = 1; sequence <= 3 * LIMITS.entries; sequence++) {
      await ask(telemetry, sequence);
    }
    await telemetry.flush();
    expect(countsOf(sent, 'predictions')).toEqual({ [COUNTED]: 3 * LIMITS.entries });
    for (const { entries } of sent) expect(entries.length).toBeLessThanOrEqual(LIMITS.entries);
  });

  it.each([
    ['slept for a quarter', 90 * 24 * 3600_000, LIMITS.ageMs],
    ['was set back', -5000, 0],
  ])('are valid on a device whose clock %s', async (_, passed, span) => {
    const { telemetry, sent, clock } = await createTelemetry();
    await ask(telemetry);
    clock.now += passed;
    await telemetry.flush();
    expect(sent[0]!.span).toBe(span);
  });

  it('without counts are not sent', async () => {
    const { telemetry, sent } = await createTelemetry();
    telemetry.counter(key, CATALOGUE_OF_M);
    expect(await telemetry.flush()).toBe(0);
    expect(sent).toEqual([]);
  });
});

describe('batches that will not arrive', () => {
  it('are told in the next window: predictions that were refused', async () => {
    let refuse = true;
    const { telemetry, sent, events } = await createTelemetry({}, () => (refuse ? 400 : 202));
    for (let i = 0; i < 4; i++) await ask(telemetry);
    await telemetry.flush();
    expect(events.at(-1)).toMatchObject({ type: 'batch', state: 'refused', code: 'http_400' });
    refuse = false;
    await ask(telemetry);
    await telemetry.flush();
    expect(countsOf(sent, 'predictions')).toEqual({ [COUNTED]: 1, [BLOCKED]: 4 });
    expect(sent[0]!.entries).toHaveLength(1); // under the version that they were of
  });

  it('are told in the next window: predictions that there was no room for', async () => {
    const database = await testDatabase();
    const { telemetry, sent } = await createTelemetry({ database });
    const transaction = database.transaction('outbox', 'readwrite');
    for (let i = 0; i < 1000; i++) {
      const old = sealedBatch({ predictions: [COUNTED, 2, FAILED, 1] }, 1_700_000_000_000 + i);
      void transaction.store.put(old, old.batch.id);
    }
    await transaction.done;
    await ask(telemetry);
    await telemetry.flush();
    await telemetry.flush();
    const counts = countsOf(sent, 'predictions');
    expect(counts[QUOTA]).toBe(3);
    expect(counts[COUNTED]).toBe(999 * 2 + 1);
  });
});

describe('consent', () => {
  it('withdrawn empties everything: window, checkpoint, outbox', async () => {
    const database = await testDatabase();
    const { telemetry, sent } = await createTelemetry({ database }, () => 503);
    await ask(telemetry);
    await telemetry.flush();
    await ask(telemetry);
    await database.put('checkpoints', { ...sealedBatch(), owner: 'x' }, 'x');
    expect(await telemetry.inspect()).toHaveLength(2);
    await telemetry.setConsent(false);
    expect(await telemetry.inspect()).toEqual([]);
    expect(await database.count('outbox')).toBe(0);
    expect(await database.count('checkpoints')).toBe(0);
    expect(await telemetry.flush({ force: true })).toBe(0);
    expect(sent).toEqual([]);
  });

  it('not given counts and sends nothing, and predictions are answered all the same', async () => {
    const database = await testDatabase();
    const waiting = sealedBatch();
    await database.put('outbox', waiting, waiting.batch.id);
    const { telemetry, sent } = await createTelemetry({ database, consent: false });
    await telemetry.start();
    for (let i = 0; i < 600; i++) await ask(telemetry);
    await telemetry.flush({ force: true });
    await telemetry.close();
    expect(sent).toEqual([]);
    expect(await database.count('checkpoints')).toBe(0);
  });

  it('given later counts from then on', async () => {
    const { telemetry, sent } = await createTelemetry({ consent: false });
    await ask(telemetry);
    await telemetry.setConsent(true);
    await ask(telemetry);
    await telemetry.flush();
    expect(countsOf(sent, 'predictions')).toEqual({ [COUNTED]: 1 });
  });
});

describe('the next visit', () => {
  /** What a killed tab leaves: a checkpoint whose owner's lock nobody holds. */
  async function killed(owner = 'siskin-engine-gone') {
    const database = await testDatabase();
    const left = sealedBatch({ predictions: [COUNTED, 5] });
    await database.put('checkpoints', { ...left, owner }, left.batch.id);
    return { database, left };
  }

  it('sends what a killed one left, once, under its own id', async () => {
    const { database, left } = await killed();
    const { telemetry, sent } = await createTelemetry({ database });
    await telemetry.start();
    expect(await telemetry.flush()).toBe(0);
    expect(sent.map(({ id }) => id)).toEqual([left.batch.id]);
    expect(await database.count('checkpoints')).toBe(0);
  });

  it('leaves the window of a tab that lives alone', async () => {
    const owner = 'siskin-engine-alive';
    const { database } = await killed(owner);
    const end = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const lock = navigator.locks.request(owner, () => {
      held.resolve();
      return end.promise;
    });
    await held.promise;
    const second = await createTelemetry({ database });
    await second.telemetry.start();
    await second.telemetry.flush();
    expect(second.sent).toEqual([]);
    expect(await database.count('checkpoints')).toBe(1);
    end.resolve();
    await lock;
    const third = await createTelemetry({ database });
    await third.telemetry.start();
    await third.telemetry.flush();
    expect(third.sent).toHaveLength(1);
  });

  it('of a tab that closed well finds nothing', async () => {
    const database = await testDatabase();
    const first = await createTelemetry({ database });
    await first.telemetry.start();
    await ask(first.telemetry);
    await first.telemetry.close();
    expect(first.sent).toHaveLength(1);
    expect(await database.count('checkpoints')).toBe(0);
    expect(await database.count('outbox')).toBe(0);
  });

  it('without Web Locks waits an hour before it takes a window for orphaned', async () => {
    vi.stubGlobal('navigator', {});
    try {
      const { database, left } = await killed();
      const { telemetry, sent, clock } = await createTelemetry({ database });
      clock.now = left.sealedAt + 3_599_999;
      await telemetry.start();
      await telemetry.flush();
      expect(sent).toEqual([]);
      clock.now += 1;
      await telemetry.start();
      await telemetry.flush();
      expect(sent.map(({ id }) => id)).toEqual([left.batch.id]);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('starts where storage is forbidden, and counts in memory', async () => {
    const { telemetry, sent } = await createTelemetry({ database: await brokenDatabase() });
    await telemetry.start();
    await ask(telemetry);
    expect(await telemetry.flush()).toBe(0);
    expect(countsOf(sent, 'predictions')).toEqual({ [COUNTED]: 1 });
  });
});

describe('inspecting', () => {
  it('shows exactly what will be sent, the open window last', async () => {
    let status = 503;
    const { telemetry, sent, clock } = await createTelemetry({}, () => status);
    await ask(telemetry);
    await telemetry.flush();
    clock.now += 1000;
    await ask(telemetry);
    const shown = (await telemetry.inspect()) as Omit<Batch, 'age'>[];
    expect(shown).toHaveLength(2);
    status = 202;
    await telemetry.flush({ force: true });
    expect(sent.map(({ age: _, ...batch }) => batch)).toEqual(shown);
  });
});

describe('what people say', () => {
  const labelled = { label: 'yes', confidence: 0.9, value: null };

  it('is joined to the prediction on the device: confusion, reliability', async () => {
    const { telemetry, sent } = await createTelemetry();
    const counter = telemetry.counter(key, CATALOGUE_OF_M);
    observeOutcome(counter, labelled, 'yes');
    observeOutcome(counter, labelled, 'no');
    observeOutcome(counter, labelled, 'a label of a later version');
    await telemetry.flush();
    expect(sent[0]!.entries[0]!.series).toEqual({
      // rows: truth no, yes, other; columns: prediction no, yes, other
      'outcome/confusion': [1, 1, 4, 1, 7, 1],
      'outcome/reliability': [90, 2, 91, 1], // bin 45 of the confidence: wrong, right
    });
  });

  it('of an empty answer is nothing to join', async () => {
    const { telemetry, sent } = await createTelemetry();
    const counter = telemetry.counter(key, CATALOGUE_OF_M);
    observeOutcome(counter, { label: null, confidence: null, value: null }, 'yes');
    await telemetry.flush();
    expect(sent).toEqual([]);
  });

  it('and the stages before a prediction are timed, done or failed', async () => {
    const { telemetry, sent } = await createTelemetry();
    const counter = telemetry.counter(key, CATALOGUE_OF_M);
    observeStage(counter, 'crop', 4, false);
    observeStage(counter, 'crop', 4, true);
    observeStage(counter, 'not in the spec', 4, false);
    await telemetry.flush();
    const { series } = sent[0]!.entries[0]!;
    expect(Object.keys(series).sort()).toEqual(['stage/crop', 'stage/crop/result']);
    expect(series['stage/crop/result']).toEqual([2, 1, 3, 1]);
    expect(series['stage/crop']![1]).toBe(2);
  });
});
