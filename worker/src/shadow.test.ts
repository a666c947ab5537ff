import 'fake-indexeddb/auto';
import { ERROR_CODES, type ManifestModel, SERIES } from '@siskin/protocol';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { eventually, TestDevice, type Visit, value } from './testing/device.ts';

let device: TestDevice;

beforeEach(async () => {
  device = await TestDevice.create();
  device.add('v1', (a) => (a > 0 ? 0.875 : 0.125));
  device.add('v2', (a) => (a > 1 ? 0.75 : 0.25));
});

afterEach(async () => {
  vi.useRealTimers();
  await device.end();
});

const shadow = (sample = 1, share = 1): Pick<ManifestModel, 'rollout'> => ({
  rollout: { strategy: 'shadow', version: 'v2', share, salt: 'salt', sample },
});

/** A visit whose shadow is there. */
async function open(sample?: number): Promise<Visit> {
  await device.publish(shadow(sample));
  const visit = await device.open();
  await eventually(() => device.created).toEqual(['v1', 'v2']);
  // What is loaded is followed a moment later.
  await new Promise(setImmediate);
  return visit;
}

const total = (counts: Record<number, number>) =>
  Object.values(counts).reduce((sum, n) => sum + n, 0);

/** Until so many pairs have been counted. */
const pairs = async ({ engine }: Visit, n: number) =>
  eventually(async () => {
    value(await engine.flush(false));
    return total(device.counts(SERIES.shadowPairs, 'shadow'));
  }).toBe(n);

it('a shadow answers the same inputs, and its answers are counted and not shown', async () => {
  const visit = await open();
  for (const a of [0, 1, 2, 1, 1])
    expect(await visit.ask(a)).toMatchObject({ version: 'v1', arm: 'champion' });
  await pairs(visit, 5);
  // The champion's label in rows: no, yes, other.
  expect(device.counts(SERIES.shadowPairs, 'shadow')).toEqual({ 0: 1, [3 + 0]: 3, [3 + 1]: 1 });
  expect(total(device.counts(SERIES.shadowLatency, 'shadow'))).toBe(5);
  expect(device.counts(SERIES.predictions, 'champion')).toEqual({ 2: 5 });
  expect(device.counts(SERIES.predictions, 'shadow')).toEqual({});
});

it('a shadow is asked its share of predictions', async () => {
  // Out of four draws of 0 … 1 one is below a quarter.
  let n = 0;
  vi.spyOn(Math, 'random').mockImplementation(() => (n++ % 4) / 4);
  const visit = await open(0.25);
  n = 0;
  for (let i = 0; i < 8; i++) await visit.ask();
  await pairs(visit, 2);
  vi.restoreAllMocks();
});

it('a shadow waits until nobody does, and nobody waits for it', async () => {
  const visit = await open();
  const log: string[] = [];
  const slow = Promise.withResolvers<number>();
  device.graphs.set('v1', (a) => {
    log.push(`champion ${a}`);
    return 0.875;
  });
  device.graphs.set('v2', (a) => {
    log.push(`shadow ${a}`);
    return slow.promise;
  });
  await Promise.all([1, 2, 3].map((a) => visit.ask(a)));
  expect(log).toEqual(['champion 1', 'champion 2', 'champion 3']);
  await eventually(() => log).toContain('shadow 1');
  // It is in the middle of an answer, and the champion answers.
  expect((await visit.ask(4)).version).toBe('v1');
  expect(log).toEqual(['champion 1', 'champion 2', 'champion 3', 'shadow 1', 'champion 4']);
  slow.resolve(0.5);
  await pairs(visit, 4);
});

it('a shadow that throws is dropped after three errors, and delays nobody', async () => {
  const visit = await open();
  let asked = 0;
  device.graphs.set('v2', () => {
    asked++;
    return Promise.reject(new Error('bad allocation'));
  });
  for (let i = 0; i < 5; i++) expect((await visit.ask()).version).toBe('v1');
  await eventually(() => device.freed).toEqual(['v2']);
  for (let i = 0; i < 5; i++) await visit.ask();
  expect(asked).toBe(3);
  value(await visit.engine.flush(false));
  const bin = ERROR_CODES.indexOf('prediction_failed') + 2;
  expect(device.counts(SERIES.error, 'shadow')).toEqual({ [bin]: 3 });
  expect(device.counts(SERIES.shadowPairs, 'shadow')).toEqual({});
  expect(device.counts(SERIES.predictions, 'champion')).toEqual({ 2: 10 });
  value(await visit.engine.close());
  device.created.length = 0;
  await (await device.open()).ask();
  expect(device.created).toEqual(['v1']);
});

it('a shadow that hangs is given up, and delays nobody', async () => {
  const visit = await open();
  const stuck = Promise.withResolvers<number>();
  let asked = 0;
  device.graphs.set('v2', () => {
    asked++;
    return stuck.promise;
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await visit.ask();
  while (asked === 0) await vi.advanceTimersByTimeAsync(1);
  for (let i = 0; i < 20; i++) expect((await visit.ask()).version).toBe('v1');
  await vi.advanceTimersByTimeAsync(11_000);
  vi.useRealTimers();
  await eventually(() => visit.events.filter(({ type }) => type === 'error').length).toBe(1);
  expect((await visit.ask()).version).toBe('v1');
  expect(asked).toBe(1);
  expect(device.freed).toEqual([]);
  stuck.resolve(0.5);
  await eventually(() => device.freed).toEqual(['v2']);
});

it('a shadow that does not load is told, and the champion answers', async () => {
  device.add('v2', () => 0.25, 0.9);
  await device.publish(shadow());
  const visit = await device.open();
  await eventually(() => visit.events.filter(({ type }) => type === 'error').length).toBe(1);
  expect((await visit.ask()).version).toBe('v1');
  value(await visit.engine.flush(false));
  expect(total(device.counts(SERIES.error, 'shadow'))).toBe(1);
});

it('a shadow goes when its rollout does', async () => {
  const visit = await open();
  await device.publish();
  await eventually(() => device.freed).toEqual(['v2']);
  await visit.ask();
  value(await visit.engine.flush(false));
  expect(device.counts(SERIES.shadowPairs, 'shadow')).toEqual({});
});

it('a shadow goes on with the next manifest as it is', async () => {
  const visit = await open();
  await visit.ask();
  await pairs(visit, 1);
  await device.publish(shadow(0));
  await device.publish(shadow(1));
  await eventually(
    () => visit.events.findLast((event) => event.type === 'manifest')?.sequence,
  ).toBe(3);
  expect(device.created).toEqual(['v1', 'v2']);
  expect(device.freed).toEqual([]);
});

it('devices beside its share have no shadow', async () => {
  await device.publish(shadow(1, 0));
  const visit = await device.open();
  await visit.ask();
  expect(device.created).toEqual(['v1']);
});

it('what a person decides without seeing an answer is compared with it', async () => {
  await device.publish();
  const { engine } = await device.open();
  const { id } = value(await engine.shadow('s', 'm', { a: 1 }));
  value(await engine.outcome(id, 'no'));
  value(await engine.flush(false));
  expect(device.counts(SERIES.decision, 'champion')).toEqual({ 5: 1 }); // human
  // truth in rows: no, yes, other; the model said yes
  expect(device.counts(SERIES.confusion, 'champion')).toEqual({ 1: 1 });
  expect(await engine.shadow('s', 'm', { a: 'one' })).toMatchObject({
    error: { code: 'input_invalid' },
  });
});
