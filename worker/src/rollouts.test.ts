import 'fake-indexeddb/auto';
import { type ManifestModel, SERIES } from '@siskin/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, TestDevice, type Visit, value } from './testing/device.ts';

type Ramp = Extract<NonNullable<ManifestModel['rollout']>, { strategy: 'canary' }>;

let device: TestDevice;

beforeEach(async () => {
  device = await TestDevice.create();
  device.add('v1', () => 0.875);
  device.add('v2', () => 0.125);
});

afterEach(() => device.end());

const canary = (about: Partial<Ramp> = {}): Pick<ManifestModel, 'rollout'> => ({
  rollout: { strategy: 'canary', version: 'v2', share: 1, salt: 'salt', ...about },
});

const swapsTo = (visit: Visit, version: string) =>
  eventually(() => visit.events.findLast((event) => event.type === 'swap')?.to).toBe(version);

/** Until the device has the manifest that was published last. */
const takes = (visit: Visit) =>
  eventually(() => visit.events.findLast((event) => event.type === 'manifest')?.sequence).toBe(
    device.collector.sequence,
  );

describe('units', () => {
  it('are told once, however often the device predicts, in whichever visit', async () => {
    await device.publish(canary());
    for (let i = 0; i < 3; i++) {
      const { ask, engine } = await device.open();
      for (let n = 0; n < 5; n++) await ask();
      value(await engine.close());
    }
    expect(device.units('canary')).toEqual({ exposed: 1 });
    expect(device.units('champion')).toEqual({});
    expect(Object.values(device.counts(SERIES.unitLoad, 'canary'))).toEqual([1]);
    // missing, other, no, yes: v2 says no
    expect(device.counts(SERIES.unitLabel, 'canary')).toEqual({ 2: 1 });
    expect(device.counts(SERIES.predictions, 'canary')).toEqual({ 2: 15 });
  });

  it('are told of the champion too, by devices that the rollout leaves alone', async () => {
    await device.publish(canary({ share: 0 }));
    const { ask, engine } = await device.open();
    await ask();
    value(await engine.flush(false));
    expect(device.units('champion')).toEqual({ exposed: 1 });
    expect(device.counts(SERIES.unitLabel, 'champion')).toEqual({ 3: 1 });
  });

  it('are told anew when the ramp widens', async () => {
    await device.publish(canary({ share: 0 }));
    const visit = await device.open();
    await visit.ask();
    await visit.ask();
    await device.publish(canary({ share: 1 }));
    await swapsTo(visit, 'v2');
    await visit.ask();
    await visit.ask();
    value(await visit.engine.flush(false));
    expect(device.units('champion')).toEqual({ exposed: 1 });
    expect(device.units('canary')).toEqual({ exposed: 1 });
  });

  it('hold the median of the first 20 confidences and latencies', async () => {
    await device.publish(canary());
    let n = 0;
    // 10 certain answers, 10 of 0.6, then a hundred of 0.9: the median is between 0.6 and 1.
    device.graphs.set('v2', () => (n++ < 10 ? 1 : n <= 20 ? 0.6 : 0.9));
    const first = await device.open();
    for (let i = 0; i < 12; i++) await first.ask();
    value(await first.engine.close());
    const second = await device.open();
    for (let i = 0; i < 7; i++) await second.ask();
    value(await second.engine.flush(false));
    expect(device.counts(SERIES.unitConfidence, 'canary')).toEqual({});
    for (let i = 0; i < 60; i++) await second.ask();
    value(await second.engine.flush(false));
    expect(device.counts(SERIES.unitConfidence, 'canary')).toEqual({ 40: 1 }); // ⌊.8 · 50⌋
    const latencies = device.counts(SERIES.unitLatency, 'canary');
    expect(Object.values(latencies)).toEqual([1]);
  });

  it('say of errors, empty answers and deferrals that there were any', async () => {
    await device.publish(canary({ share: 0 }));
    const { ask, engine } = await device.open();
    device.graphs.set('v1', (a) =>
      a === 0 ? Number.NaN : a === 2 ? Promise.reject(new Error()) : 0.6,
    );
    for (const a of [0, 1, 0, 1]) await ask(a);
    for (let i = 0; i < 3; i++) await expect(ask(2)).rejects.toThrow('the model failed');
    value(await engine.flush(false));
    expect(device.units('champion')).toEqual({ exposed: 1, null: 1, defer: 1, error: 1 });
  });

  it('say what the person did, with answers of this step only', async () => {
    await device.publish();
    const visit = await device.open();
    const before = await visit.ask();
    await device.publish(canary({ share: 0 }));
    await takes(visit);
    await visit.engine.feedback(before.id, 'redo');
    const { id } = await visit.ask();
    const other = await visit.ask();
    for (const prediction of [id, other.id]) {
      value(await visit.engine.feedback(prediction, 'override', 'no'));
      value(await visit.engine.feedback(prediction, 'accept'));
    }
    value(await visit.engine.close());
    const later = await device.open();
    value(await later.engine.feedback(id, 'override', 'no'));
    value(await later.engine.feedback(id, 'switch'));
    await later.ask();
    value(await later.engine.flush(false));
    expect(device.units('champion')).toEqual({ exposed: 1, override: 1, switch: 1 });
    expect(device.counts(SERIES.predictions, 'champion')).toEqual({ 2: 4 });
  });

  it('are none without a rollout, for a shadow, without consent, or beside the target', async () => {
    const settings: [Partial<ManifestModel>, boolean][] = [
      [{}, true],
      [{ rollout: { ...canary().rollout!, strategy: 'shadow', sample: 0 } as never }, true],
      [canary({ target: { webgpu: true } }), true],
      [canary(), false],
    ];
    for (const [model, consent] of settings) {
      await device.publish(model);
      const { ask, engine } = await device.open({ consent });
      await ask();
      value(await engine.close());
    }
    expect({ ...device.units('champion'), ...device.units('canary') }).toEqual({});
    // Consent that comes later finds a device that has not been counted.
    const { ask, engine } = await device.open();
    await ask();
    value(await engine.flush(false));
    expect(device.units('canary')).toEqual({ exposed: 1 });
  });
});

describe('a target', () => {
  it.each([
    [{ cores: 1 }, 'v2'],
    [{ cores: 1024 }, 'v1'],
    [{ sdk: '0.0.1' }, 'v2'],
    [{ sdk: '9999.0.0' }, 'v1'],
    [{ mobile: true }, 'v1'], // nobody knows here
    [{ webgpu: false }, 'v2'],
  ])('of %j is met by this device with %s', async (target, version) => {
    await device.publish(canary({ target }));
    const { ask } = await device.open();
    expect((await ask()).version).toBe(version);
  });
});

describe('a model that is switched off', () => {
  it('answers at once that the person decides, and runs nothing', async () => {
    await device.publish({ off: true });
    const { ask, engine } = await device.open();
    expect(await ask()).toMatchObject({
      output: null,
      tensors: {},
      label: null,
      confidence: null,
      decision: 'human',
      version: 'v1',
      backend: 'none',
    });
    expect(device.created).toEqual([]);
    expect(device.downloads('v1')).toBe(0);
    value(await engine.flush(false));
    expect(device.collector.received).toEqual([]);
  });

  it('takes what people do all the same', async () => {
    await device.publish({ off: true });
    const { ask, engine } = await device.open();
    const { id } = await ask();
    value(await engine.feedback(id, 'override', 'yes'));
    value(await engine.outcome(id, 'yes'));
    value(await engine.flush(false));
    expect(device.counts(SERIES.confusion, 'champion')).toEqual({});
  });

  it('stops while it runs, stays off without a network, and comes back', async () => {
    await device.publish();
    const visit = await device.open();
    expect((await visit.ask()).label).toBe('yes');
    await device.publish({ off: true });
    await eventually(async () => (await visit.ask()).decision).toBe('human');
    const swap = visit.events.findLast((event) => event.type === 'swap');
    expect(swap).toMatchObject({ from: 'v1', to: 'v1', info: { off: true } });
    expect(device.freed).toEqual(['v1']);
    value(await visit.engine.close());
    device.isOnline = false;
    const later = await device.open();
    expect((await later.ask()).output).toBeNull();
    device.isOnline = true;
    await device.publish();
    await eventually(async () => (await later.ask()).label).toBe('yes');
    expect(device.downloads('v1')).toBe(1);
  });
});

it('automation follows the manifest without a reload', async () => {
  await device.publish();
  const visit = await device.open();
  expect((await visit.ask()).decision).toBe('automate'); // .875, from .8 on
  await device.publish({ automation: { level: 'partial', threshold: 0.9 } });
  await eventually(async () => (await visit.ask()).decision).toBe('defer');
  await device.publish({ automation: { level: 'assist', threshold: 0.5 } });
  await eventually(async () => (await visit.ask()).decision).toBe('assist');
  await device.publish();
  await eventually(async () => (await visit.ask()).decision).toBe('automate');
  expect(device.created).toEqual(['v1']);
});
