import 'fake-indexeddb/auto';
import { type ManifestModel, SERIES } from '@siskin/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDatabase } from './database.ts';
import { Marker } from './rollout/marker.ts';
import { eventually, TestDevice, type Visit, value } from './testing/device.ts';

let device: TestDevice;

beforeEach(async () => {
  device = await TestDevice.create();
  device.add('v1', () => 0.875);
  device.add('v2', () => 0.125);
});

afterEach(async () => {
  vi.useRealTimers();
  await device.end();
});

const CANARY: Pick<ManifestModel, 'rollout'> = {
  rollout: { strategy: 'canary', version: 'v2', share: 1, salt: 'salt' },
};
const BLUE_GREEN = (live: boolean): Pick<ManifestModel, 'rollout'> => ({
  rollout: { strategy: 'blue-green', version: 'v2', live },
});

const fails = () => Promise.reject(new Error('bad allocation'));
const errorsOf = ({ events }: Visit) =>
  events.flatMap((event) => (event.type === 'error' ? [event.error.code] : []));

describe('a canary that throws', () => {
  it('hurts no prediction, and is dropped after three in a row', async () => {
    await device.publish(CANARY);
    const visit = await device.open();
    expect((await visit.ask()).version).toBe('v2');
    let asked = 0;
    device.graphs.set('v2', () => {
      asked++;
      return fails();
    });
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await visit.ask());
    for (const answer of answers)
      expect(answer).toMatchObject({ version: 'v1', arm: 'champion', label: 'yes' });
    expect(asked).toBe(3);
    await eventually(() => visit.events.findLast(({ type }) => type === 'swap')).toMatchObject({
      from: 'v2',
      to: 'v1',
    });
    expect(device.freed).toEqual(['v2']);
    expect(device.created).toEqual(['v2', 'v1']);
    value(await visit.engine.flush(false));
    expect(device.units('canary')).toEqual({ exposed: 1, error: 1, crash: 1 });
    // Who fell back is no unit of the champion, but its predictions are predictions.
    expect(device.units('champion')).toEqual({});
    expect(device.counts(SERIES.predictions, 'champion')).toEqual({ 2: 6 });
    expect(device.counts(SERIES.predictions, 'canary')).toEqual({ 2: 1, 3: 3 });
    value(await visit.engine.close());

    const later = await device.open();
    expect((await later.ask()).version).toBe('v1');
    await device.publish(CANARY);
    await eventually(() => device.created.slice(-1)).toEqual(['v2']);
  });

  it('now and then stays, and its calls are answered by the champion', async () => {
    await device.publish(CANARY);
    const visit = await device.open();
    let n = 0;
    device.graphs.set('v2', () => (n++ % 3 === 2 ? 0.125 : fails()));
    const versions = [];
    for (let i = 0; i < 9; i++) versions.push((await visit.ask()).version);
    expect(versions).toEqual(['v1', 'v1', 'v2', 'v1', 'v1', 'v2', 'v1', 'v1', 'v2']);
    expect(errorsOf(visit)).toEqual([]);
  });

  it('for the caller’s mistake is not at fault', async () => {
    await device.publish(CANARY);
    const { engine, ask } = await device.open();
    for (let i = 0; i < 4; i++) {
      const reply = await engine.predict(`mistake-${i}`, 'm', { a: 'one' });
      expect(reply).toMatchObject({ error: { code: 'input_invalid' } });
    }
    expect((await ask()).version).toBe('v2');
    expect(device.created).toEqual(['v2']);
  });

  it('without a network falls back on the champion all the same', async () => {
    await device.publish(CANARY);
    const visit = await device.open();
    await visit.ask();
    // The champion never ran here: its files are fetched for this.
    await eventually(() => device.downloads('v1')).toBe(1);
    value(await visit.engine.close());
    device.isOnline = false;
    device.graphs.set('v2', fails);
    const later = await device.open();
    expect((await later.ask()).version).toBe('v1');
  });
});

it('a canary that cannot be loaded is counted as such, once, and the champion answers', async () => {
  await device.publish(CANARY);
  device.broken.add('v2');
  for (let i = 0; i < 2; i++) {
    const visit = await device.open();
    expect((await visit.ask()).version).toBe('v1');
    value(await visit.engine.close());
  }
  expect(device.units('canary')).toEqual({ load: 1 });
  expect(device.units('champion')).toEqual({});
});

it('a canary that hangs is given up, and not waited for when it is freed', async () => {
  await device.publish(CANARY);
  const visit = await device.open();
  await visit.ask();
  const stuck = Promise.withResolvers<number>();
  const asked = Promise.withResolvers<void>();
  device.graphs.set('v2', () => {
    asked.resolve();
    return stuck.promise;
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const answer = visit.ask();
  const next = visit.ask();
  await asked.promise;
  vi.advanceTimersByTime(11_000);
  vi.useRealTimers();
  expect(await answer).toMatchObject({ version: 'v1', label: 'yes' });
  expect(await next).toMatchObject({ version: 'v1' });
  await eventually(() => visit.events.some(({ type }) => type === 'swap')).toBe(true);
  expect(device.freed).toEqual([]);
  stuck.resolve(0.5);
  await eventually(() => device.freed).toEqual(['v2']);
  value(await visit.engine.flush(false));
  expect(device.units('canary')).toMatchObject({ crash: 1, error: 1 });
});

it('a canary that hangs on a GPU is answered for from elsewhere', async () => {
  device.backends = ['webgpu', 'wasm'];
  await device.publish(BLUE_GREEN(true));
  const visit = await device.open();
  await eventually(() => device.created).toEqual(['v2', 'v1']);
  expect((await visit.ask()).backend).toBe('webgpu');
  const asked = Promise.withResolvers<void>();
  device.graphs.set('v2', () => {
    asked.resolve();
    return new Promise<number>(() => undefined);
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const answer = visit.ask();
  await asked.promise;
  vi.advanceTimersByTime(11_000);
  vi.useRealTimers();
  // Blue was ready there too, and would wait behind it.
  expect(await answer).toMatchObject({ version: 'v1', backend: 'wasm' });
});

describe('a canary that takes the page down', () => {
  /** As visits leave it that end in the middle of the first use. */
  const crash = async (times: number) => {
    for (let i = 0; i < times; i++) {
      const database = await openDatabase(device.storage);
      const marker = new Marker(database, undefined);
      await marker.set('m', 'v2', device.collector.sequence);
      database.close();
    }
  };

  it('three times is not tried again', async () => {
    await device.publish(CANARY);
    await crash(3);
    const visit = await device.open();
    expect((await visit.ask()).version).toBe('v1');
    expect(device.created).toEqual(['v1']);
    value(await visit.engine.flush(false));
    expect(device.units('canary')).toEqual({ crash: 1 });
    value(await visit.engine.close());
    const later = await device.open();
    expect((await later.ask()).version).toBe('v1');
    value(await later.engine.flush(false));
    expect(device.units('canary')).toEqual({ crash: 1 });
  });

  it('twice, and then works, is forgiven', async () => {
    await device.publish(CANARY);
    await crash(2);
    const visit = await device.open();
    expect((await visit.ask()).version).toBe('v2');
    value(await visit.engine.close());
    await crash(2);
    expect((await (await device.open()).ask()).version).toBe('v2');
  });

  it('leaves its mark from before its first use', async () => {
    await device.publish(CANARY);
    const marks = async () => {
      const database = await openDatabase(device.storage);
      const crashes = await new Marker(database, undefined).crashes('m', 'v2', 1);
      database.close();
      return crashes;
    };
    const visit = await device.open();
    expect(await marks()).toBe(0);
    let during = -1;
    device.graphs.set('v2', async () => {
      during = await marks();
      return 0.125;
    });
    await visit.ask();
    expect(during).toBe(1);
    expect(await marks()).toBe(0);
  });
});

describe('blue and green', () => {
  it('flip at once and without a network, there and back', async () => {
    await device.publish(BLUE_GREEN(false));
    const visit = await device.open();
    expect((await visit.ask()).version).toBe('v1');
    await eventually(() => device.created).toEqual(['v1', 'v2']);
    for (const [live, version] of [
      [true, 'v2'],
      [false, 'v1'],
      [true, 'v2'],
    ] as const) {
      await device.publish(BLUE_GREEN(live));
      await eventually(async () => (await visit.ask()).version).toBe(version);
    }
    expect(device.created).toEqual(['v1', 'v2']);
    expect(device.freed).toEqual([]);
    await device.publish({ champion: 'v2' });
    await eventually(() => device.freed).toEqual(['v1']);
    value(await visit.engine.flush(false));
    expect(device.units('champion')).toEqual({ exposed: 1 });
    expect(device.units('canary')).toEqual({ exposed: 1 });
  });

  it('that fails its self-test before it answers is counted, and blue goes on', async () => {
    device.add('v2', () => 0.125, 0.9);
    await device.publish(BLUE_GREEN(false));
    const visit = await device.open();
    await eventually(() => errorsOf(visit)).toEqual(['self_test_failed']);
    expect((await visit.ask()).version).toBe('v1');
    value(await visit.engine.flush(false));
    expect(device.units('canary')).toEqual({ 'self-test': 1 });
    await device.publish(BLUE_GREEN(true));
    await eventually(() => errorsOf(visit).length).toBe(2);
    expect((await visit.ask()).version).toBe('v1');
  });

  it('green that fails when it answers is answered for by blue, which is still warm', async () => {
    await device.publish(BLUE_GREEN(true));
    const visit = await device.open();
    await eventually(() => device.created).toEqual(['v2', 'v1']);
    device.graphs.set('v2', fails);
    for (let i = 0; i < 5; i++) expect((await visit.ask()).version).toBe('v1');
    expect(device.created).toEqual(['v2', 'v1']);
  });
});

it('a version that is to be kept is there without a network, though it never ran here', async () => {
  await device.publish({ champion: 'v2', keep: ['v1'] });
  const visit = await device.open();
  expect((await visit.ask()).version).toBe('v2');
  await eventually(() => device.downloads('v1')).toBe(1);
  // The manifest comes, and the files cannot.
  for (const { files } of Object.values(device.versions)) device.collector.remove(files[0]!);
  await device.publish({ champion: 'v1' });
  await eventually(async () => (await visit.ask()).version).toBe('v1');
  expect(device.downloads('v1')).toBe(1);
});
