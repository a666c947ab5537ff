import 'fake-indexeddb/auto';
import {
  boundsOf,
  catalogueOf,
  checkEntry,
  type DataSeries,
  ERROR_CODES,
  type ErrorCode,
  type ManifestVersion,
  type SelfTest,
  SiskinError,
  UNIT_EVENTS,
} from '@siskin/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineConfig, EngineEvent, Input, PredictionData, Reply } from './api.ts';
import { Engine } from './engine.ts';
import { demoVersion } from './testing/demo-version.ts';
import { failure } from './testing/errors.ts';
import { countsOf } from './testing/telemetry.ts';
import { TinyCollector } from './testing/tiny-collector.ts';

type NumericSeries = Extract<DataSeries, { kind: 'numeric' }>;

const COUNTED = 2;
const FAILED = 3;

let collector: TinyCollector;
let v1: ManifestVersion;
let v2: ManifestVersion;
let visits: Visit[];
let storage: string;

beforeEach(async () => {
  collector = await TinyCollector.start();
  v1 = await demoVersion(collector, 'digits/v1');
  v2 = await demoVersion(collector, 'digits/v2');
  visits = [];
  storage = crypto.randomUUID();
});

afterEach(async () => {
  for (const { engine } of visits) await engine.close();
  await collector.down();
  indexedDB.deleteDatabase(`siskin-${storage}`);
});

const champion = (version: 'v1' | 'v2') => ({
  digits: { champion: version, versions: { v1, v2 } },
});

/** A canary that every device takes. */
const canary = (version: ManifestVersion) => ({
  digits: {
    champion: 'v1',
    rollout: {
      strategy: 'canary' as const,
      version: version.spec.version,
      share: 1,
      salt: 'salt',
    },
    versions: { v1, [version.spec.version]: version },
  },
});

function value<T>(reply: Reply<T>): T {
  if (!reply.ok) throw SiskinError.fromData(reply.error);
  return reply.value;
}

interface Visit {
  engine: Engine;
  events: EngineEvent[];
  load(model?: string): ReturnType<Engine['load']>;
  ask(input?: Input): Promise<PredictionData>;
  /** Resolves with the next event of a type, from now on. */
  next<T extends EngineEvent['type']>(type: T): Promise<Extract<EngineEvent, { type: T }>>;
}

let calls = 0;

/** A page that opens, up to its first call. */
async function visit(config: Partial<EngineConfig> = {}): Promise<Visit> {
  const engine = new Engine();
  const events: EngineEvent[] = [];
  const waiting: [type: string, tell: (event: never) => void][] = [];
  const opened: Visit = {
    engine,
    events,
    load: (model = 'digits') => engine.load(String(calls++), model),
    ask: async (input = DIGIT) => value(await engine.predict(String(calls++), 'digits', input)),
    next: (type) => new Promise((tell) => waiting.push([type, tell])),
  };
  visits.push(opened);
  const started = await engine.start(
    {
      app: 'shop',
      key: 'write-key',
      collector: collector.url,
      publicKeys: [collector.signer.publicKey],
      backends: ['wasm'],
      allowSoftwareGpu: false,
      consent: true,
      storage,
      windowMs: 3_600_000,
      pollMs: 3_600_000,
      ...config,
    },
    (event) => {
      events.push(event);
      for (const [type, tell] of waiting) if (type === event.type) tell(event as never);
    },
  );
  value(started);
  return opened;
}

/** A seven: a bar, and a slanted stroke. */
const DIGIT = (() => {
  const data = new Uint8ClampedArray(28 * 28);
  for (let x = 7; x < 21; x++) for (const y of [6, 7]) data[y * 28 + x] = 255;
  for (let y = 8; y < 23; y++) {
    const x = 20 - Math.round(((y - 8) * 8) / 14);
    data[y * 28 + x] = 255;
    data[y * 28 + x - 1] = 255;
  }
  return { data, width: 28, height: 28 };
})();

const received = () => collector.received.map(({ batch }) => batch);
const artifacts = () => collector.requests.filter((path) => path.includes('/artifacts/'));

describe('a visit', () => {
  it('loads, answers, takes feedback and outcomes, and sends counts of it all', async () => {
    await collector.publish(champion('v1'));
    const { engine, load, ask } = await visit();
    const info = value(await load());
    expect(info).toMatchObject({
      model: 'digits',
      version: 'v1',
      arm: 'champion',
      sequence: 1,
      backend: 'wasm',
    });

    const answer = await ask();
    expect(answer).toMatchObject({ label: '7', version: 'v1', arm: 'champion', backend: 'wasm' });
    const shares = answer.output as Float32Array;
    expect(shares).toHaveLength(10);
    expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(answer.confidence).toBe(shares[7]);
    value(await engine.feedback(answer.id, 'accept'));
    const other = await ask();
    value(await engine.feedback(other.id, 'override', '1'));
    value(await engine.outcome((await ask()).id, '7'));
    expect(value(await engine.flush(false))).toEqual({ waiting: 0 });

    const [batch] = received();
    const [entry] = batch!.entries;
    checkEntry(entry!, catalogueOf(v1.spec, v1.series));
    expect(collector.received[0]!.key).toBe('write-key');
    expect(entry).toMatchObject({ model: 'digits', version: 'v1', arm: 'champion', sequence: 1 });
    expect(countsOf(received(), 'predictions')).toEqual({ [COUNTED]: 3 });
    expect(countsOf(received(), 'output/label')).toEqual({ 9: 3 }); // missing, other, 0 … 7
    expect(countsOf(received(), 'user/signal')).toEqual({ 2: 1, 4: 1 });
    // truth × prediction over 0 … 9, other: twice 7 × 7, once 1 × 7
    expect(countsOf(received(), 'outcome/confusion')).toEqual({ [7 * 11 + 7]: 2, [11 + 7]: 1 });
    expect(Object.values(countsOf(received(), 'software/load'))).toEqual([1]);
  });

  it('counts one truth for a prediction, the first that is told', async () => {
    await collector.publish(champion('v1'));
    const { engine, load, ask } = await visit();
    value(await load());
    const { id } = await ask();
    value(await engine.feedback(id, 'override', '1'));
    value(await engine.outcome(id, '7'));
    value(await engine.feedback(id, 'accept'));
    value(await engine.flush(false));
    expect(countsOf(received(), 'outcome/confusion')).toEqual({ [11 + 7]: 1 });
    expect(countsOf(received(), 'user/signal')).toEqual({ 2: 1, 4: 1 });
    // missing, other, agree, disagree: the second truth is compared with the first
    expect(countsOf(received(), 'outcome/consistency')).toEqual({ 3: 1 });
  });

  it('hears the outcome of an earlier visit, after the version has gone', async () => {
    await collector.publish(champion('v1'));
    const { engine, load, ask } = await visit();
    value(await load());
    const { id } = await ask();
    const other = await ask();
    value(await engine.close());
    await collector.publish({ digits: { champion: 'v2', versions: { v2 } } });

    const later = await visit();
    value(await later.load());
    value(await later.engine.outcome(id, '7'));
    value(await later.engine.outcome(id, '7'));
    value(await later.engine.feedback(other.id, 'override', '1'));
    value(await later.engine.flush(false));
    const entry = received()
      .at(-1)!
      .entries.find(({ version }) => version === 'v1');
    expect(entry).toMatchObject({ arm: 'champion', sequence: 1 });
    checkEntry(entry!, catalogueOf(v1.spec, v1.series));
    expect(countsOf(received(), 'outcome/confusion')).toEqual({ [7 * 11 + 7]: 1, [11 + 7]: 1 });
    expect(countsOf(received(), 'outcome/consistency')).toEqual({ 2: 1 });
    expect(countsOf(received(), 'user/signal')).toEqual({ 4: 1 });
  });

  it('tells the progress of a load', async () => {
    await collector.publish(champion('v1'));
    const { engine } = await visit();
    const phases: string[] = [];
    let last = 0;
    value(
      await engine.load('1', 'digits', (progress) => {
        if (phases.at(-1) !== progress.phase) phases.push(progress.phase);
        if (progress.phase === 'download') {
          expect(progress.received).toBeGreaterThanOrEqual(last);
          expect(progress.received).toBeLessThanOrEqual(progress.total);
          last = progress.received;
        }
      }),
    );
    expect(phases).toEqual(['download', 'compile', 'warmup', 'ready']);
    expect(last).toBe([...v1.files, v1.selfTest!].reduce((sum, { bytes }) => sum + bytes, 0));
  });

  it('without consent answers, and sends nothing', async () => {
    await collector.publish(champion('v1'));
    const { engine, load, ask } = await visit({ consent: false });
    value(await load());
    const { id } = await ask();
    value(await engine.feedback(id, 'redo'));
    value(await engine.outcome(id, '7'));
    value(await engine.flush(false));
    expect(received()).toEqual([]);
    expect(value(await engine.inspect())).toEqual([]);
  });

  it('that ends answers no more calls, and sends what it has', async () => {
    await collector.publish(champion('v1'));
    const { engine, load, ask } = await visit();
    value(await load());
    await ask();
    value(await engine.close());
    expect(countsOf(received(), 'predictions')).toEqual({ [COUNTED]: 1 });
    for (const reply of [
      await engine.load('a', 'digits'),
      await engine.predict('b', 'digits', DIGIT),
      await engine.flush(false),
      await engine.setConsent(true),
      await engine.inspect(),
    ]) {
      expect(reply).toMatchObject({ ok: false, error: { code: 'closed' } });
    }
    expect(value(await engine.close())).toBeUndefined();
  });
});

describe('a start that fails', () => {
  it('for want of a collector leaves nothing behind, and can be tried again', async () => {
    await collector.down();
    await failure(() => visit(), 'manifest_unreachable');
    await collector.up();
    await collector.publish(champion('v1'));
    const { engine } = visits[0]!;
    expect(await engine.predict('1', 'digits', DIGIT)).toMatchObject({ error: { code: 'closed' } });
    const { load } = await visit();
    expect(value(await load()).version).toBe('v1');
  });

  it.each([
    ['signed by another key', { publicKeys: ['A'.repeat(43)] }, 'manifest_signature'],
    ['for another app', { app: 'blog' }, 'manifest_wrong_app'],
  ] as const)('for a manifest %s', async (_, config, code) => {
    await collector.publish(champion('v1'));
    await failure(() => visit(config), code);
  });
});

describe('an update', () => {
  it('loses and fails none of 200 predictions in flight, and versions only go forward', async () => {
    await collector.publish(champion('v1'));
    const { engine, load, ask, next } = await visit({ pollMs: 20 });
    value(await load());
    const swapped = next('swap');
    let told = false;
    void swapped.then(() => {
      told = true;
    });
    // As from a page: each question is a message of its own, so that the update, which needs the
    // event loop as well, gets its turns in between.
    const answers: Promise<PredictionData>[] = [];
    const finished: number[] = [];
    const messages: (() => void)[] = [];
    const askLater = (n: number) =>
      new Promise<PredictionData>((resolve) => {
        messages.push(() => resolve(ask()));
      }).then((answer) => {
        finished.push(n);
        return answer;
      });
    const deliver = async () => {
      for (let message = messages.shift(); message !== undefined; message = messages.shift()) {
        await new Promise(setImmediate);
        message();
      }
    };
    await collector.publish(champion('v2'));
    await next('manifest');
    do {
      for (let i = 0; i < 200; i++) answers.push(askLater(answers.length));
      await deliver();
    } while (!told);
    answers.push(askLater(answers.length));
    await deliver();
    const versions = (await Promise.all(answers)).map((answer) => answer.version);

    expect(await swapped).toMatchObject({ model: 'digits', from: 'v1', to: 'v2' });
    expect(finished).toEqual(finished.toSorted((a, b) => a - b));
    expect(versions).toEqual(versions.toSorted());
    expect(new Set(versions)).toEqual(new Set(['v1', 'v2']));
    value(await engine.flush(false));
    // Of each version exactly as many as were asked; beyond 1000 a window some are clipped.
    for (const version of ['v1', 'v2']) {
      const entries = received().flatMap((batch) => batch.entries);
      const counts = countsOf(
        [{ entries: entries.filter((entry) => entry.version === version) }],
        'predictions',
      );
      const asked = versions.filter((v) => v === version).length;
      expect(counts[FAILED]).toBeUndefined();
      expect(Object.values(counts).reduce((a, b) => a + b)).toBe(asked);
    }
  });

  it('back is instant: the old version is still on the device', async () => {
    await collector.publish(champion('v1'));
    const { load, ask, next } = await visit({ pollMs: 10 });
    value(await load());
    let swapped = next('swap');
    await collector.publish(champion('v2'));
    await swapped;
    const downloads = artifacts().length;
    swapped = next('swap');
    await collector.publish(champion('v1'));
    expect(await swapped).toMatchObject({ from: 'v2', to: 'v1', info: { sequence: 3 } });
    expect((await ask()).version).toBe('v1');
    expect(artifacts()).toHaveLength(downloads);
  });

  it('that cannot be downloaded leaves the running version alone, and is told', async () => {
    await collector.publish(champion('v1'));
    const { load, ask, next } = await visit({ pollMs: 10 });
    value(await load());
    collector.remove(v2.files[0]!);
    const told = next('error');
    await collector.publish(champion('v2'));
    expect((await told).error).toMatchObject({ code: 'download_failed' });
    expect((await ask()).version).toBe('v1');
  });

  it('that takes the model away leaves it running', async () => {
    await collector.publish(champion('v1'));
    const { load, ask, next } = await visit({ pollMs: 10 });
    value(await load());
    const told = next('error');
    await collector.publish({});
    expect((await told).error).toMatchObject({ code: 'model_unknown' });
    expect((await ask()).version).toBe('v1');
  });

  it('to the same version only changes why it is here', async () => {
    await collector.publish(canary(v2));
    const { load, ask, next } = await visit({ pollMs: 10 });
    expect(value(await load())).toMatchObject({ version: 'v2', arm: 'canary' });
    const downloads = () => artifacts().filter((path) => path.includes(v2.files[0]!.sha256)).length;
    const newer = next('manifest');
    await collector.publish(champion('v2'));
    await newer;
    await expect.poll(async () => (await ask()).arm).toBe('champion');
    expect((await ask()).version).toBe('v2');
    expect(downloads()).toBe(1);
  });
});

describe('a canary', () => {
  const wrong = (golden: SelfTest) => {
    const [first] = golden.cases;
    const [name] = Object.keys(first!.outputs);
    first!.outputs[name!]!.data[0]! += 0.5;
    return golden;
  };

  it('answers where its bucket says so', async () => {
    await collector.publish(canary(v2));
    const { load, ask } = await visit();
    expect(value(await load())).toMatchObject({ version: 'v2', arm: 'canary' });
    expect(await ask()).toMatchObject({ version: 'v2', arm: 'canary' });
  });

  it('that fails its self-test is dropped here, the champion answers, the error is counted', async () => {
    const bad = await demoVersion(collector, 'digits/v2', { version: 'v2-bad', selfTest: wrong });
    await collector.publish(canary(bad));
    const { engine, events, load, ask } = await visit();
    expect(value(await load())).toMatchObject({ version: 'v1', arm: 'champion' });
    expect(await ask()).toMatchObject({ version: 'v1', arm: 'champion' });
    expect(events).toContainEqual({
      type: 'error',
      error: expect.objectContaining({ code: 'self_test_failed', retryable: false }),
    });

    value(await engine.flush(false));
    const entries = received().flatMap((batch) => batch.entries);
    const failed = entries.filter((entry) => entry.arm === 'canary');
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatchObject({ version: 'v2-bad', sequence: 1 });
    // An error of the canary, but nobody's prediction failed.
    const code = ERROR_CODES.indexOf('self_test_failed') + 2;
    const event = UNIT_EVENTS.indexOf('self-test') + 2;
    expect(failed[0]!.series).toEqual({ 'software/error': [code, 1], 'unit/event': [event, 1] });
    expect(countsOf(received(), 'predictions')).toEqual({ [COUNTED]: 1 });
  });

  it('that failed is not tried again here, until a new manifest', async () => {
    const bad = await demoVersion(collector, 'digits/v2', { version: 'v2-bad', selfTest: wrong });
    await collector.publish(canary(bad));
    const first = await visit();
    value(await first.load());
    await first.engine.close();

    const second = await visit();
    expect(value(await second.load()).version).toBe('v1');
    expect(second.events.filter(({ type }) => type === 'error')).toEqual([]);
    await second.engine.close();

    await collector.publish(canary(bad));
    const third = await visit();
    value(await third.load());
    expect(third.events.filter(({ type }) => type === 'error')).toHaveLength(1);
  });
});

describe('a prediction', () => {
  it.each([
    ['of the wrong type', 'seven', 'input_invalid'],
    ['of an impossible size', { ...DIGIT, width: 27 }, 'input_invalid'],
    ['of no input', null, 'input_invalid'],
    ['of an input that is not there', { picture: DIGIT }, 'input_invalid'],
  ] as [string, Input, ErrorCode][])('%s fails typed, and is counted', async (_, input, code) => {
    await collector.publish(champion('v1'));
    const { engine, load, ask } = await visit();
    value(await load());
    await failure(() => ask(input), code);
    expect((await ask()).label).toBe('7'); // and the next one is none the worse
    value(await engine.flush(false));
    expect(countsOf(received(), 'predictions')).toEqual({ [COUNTED]: 1, [FAILED]: 1 });
    expect(countsOf(received(), 'software/error')).toEqual({ [ERROR_CODES.indexOf(code) + 2]: 1 });
  });

  it('of a model that was not loaded fails', async () => {
    await collector.publish(champion('v1'));
    const { ask } = await visit();
    await failure(() => ask(), 'model_unknown');
  });

  it('waits for a load that is under way', async () => {
    await collector.publish(champion('v1'));
    const { load, ask } = await visit();
    const loading = load();
    expect((await ask()).label).toBe('7');
    value(await loading);
  });

  it('that is given up while it waits does not run, and is not counted', async () => {
    await collector.publish(champion('v1'));
    const { engine, load, ask } = await visit();
    value(await load());
    const running = ask();
    const waiting = engine.predict('given-up', 'digits', DIGIT);
    engine.cancel('given-up');
    expect(await waiting).toMatchObject({ ok: false, error: { code: 'aborted' } });
    expect((await running).label).toBe('7');
    value(await engine.flush(false));
    expect(countsOf(received(), 'predictions')).toEqual({ [COUNTED]: 1 });
  });

  it('of a number learns how far it was off', async () => {
    const house = await demoVersion(collector, 'house/v1');
    await collector.publish({ house: { champion: 'v1', versions: { v1: house } } });
    const { engine, load } = await visit();
    value(await load('house'));
    const { id, output } = value(await engine.predict('1', 'house', { living_area: 1500 }));
    value(await engine.outcome(id, (output as number) + 10_000));
    expect(await engine.outcome(id, '150000')).toMatchObject({ error: { code: 'input_invalid' } });
    value(await engine.flush(false));
    const residual = house.series.find(({ name }) => name === 'outcome/residual') as NumericSeries;
    const bins = Object.keys(countsOf(received(), 'outcome/residual')).map(Number);
    expect(bins).toHaveLength(1);
    const { lower, upper } = boundsOf(bins[0]!, residual);
    expect(lower).toBeLessThanOrEqual(10_000);
    expect(upper).toBeGreaterThanOrEqual(10_000);
  });

  it('that nobody remembers takes no feedback', async () => {
    await collector.publish(champion('v1'));
    const { engine } = await visit();
    for (const reply of [
      await engine.feedback('long-ago', 'accept'),
      await engine.outcome('long-ago', '7'),
    ]) {
      expect(reply).toMatchObject({ error: { code: 'prediction_unknown' } });
    }
  });
});

describe('a load', () => {
  it('of a model that the manifest lacks names those it has', async () => {
    await collector.publish(champion('v1'));
    const { load } = await visit();
    const reply = await load('digit');
    expect(reply).toMatchObject({ ok: false, error: { code: 'model_unknown' } });
    expect(!reply.ok && reply.error.message).toContain('it has: digits');
  });

  it('that failed can be asked for again', async () => {
    await collector.publish(champion('v1'));
    collector.remove(v1.files[0]!);
    const { load } = await visit();
    expect(await load()).toMatchObject({ error: { code: 'download_failed' } });
    v1 = await demoVersion(collector, 'digits/v1');
    expect(value(await load()).version).toBe('v1');
  });

  it('that is given up stops, and can be asked for again', async () => {
    await collector.publish(champion('v1'));
    const { engine, load } = await visit();
    const gate = Promise.withResolvers<void>();
    collector.hold = gate.promise;
    const given = engine.load('given-up', 'digits');
    await expect.poll(() => artifacts().length).toBeGreaterThan(0);
    engine.cancel('given-up');
    expect(await given).toMatchObject({ error: { code: 'aborted' } });
    gate.resolve();
    expect(value(await load()).version).toBe('v1');
  });

  it('that two want goes on for the one that did not give up', async () => {
    await collector.publish(champion('v1'));
    const { engine } = await visit();
    const gate = Promise.withResolvers<void>();
    collector.hold = gate.promise;
    const one = engine.load('one', 'digits');
    const two = engine.load('two', 'digits');
    await expect.poll(() => artifacts().length).toBeGreaterThan(0);
    engine.cancel('one');
    expect(await one).toMatchObject({ error: { code: 'aborted' } });
    gate.resolve();
    expect(value(await two).version).toBe('v1');
    expect(new Set(artifacts()).size).toBe(artifacts().length); // downloaded once
  });

  it('is stopped by the end of the visit', async () => {
    await collector.publish(champion('v1'));
    const { engine, load } = await visit();
    collector.hold = new Promise(() => undefined);
    const loading = load();
    await expect.poll(() => artifacts().length).toBeGreaterThan(0);
    value(await engine.close());
    expect(await loading).toMatchObject({ ok: false });
  });
});

describe('offline', () => {
  it('the next visit starts, loads and answers from what this device has', async () => {
    await collector.publish(champion('v1'));
    const first = await visit();
    value(await first.load());
    const before = await first.ask();
    await first.engine.close();

    await collector.down();
    const second = await visit();
    expect(second.events).toContainEqual({
      type: 'error',
      error: expect.objectContaining({ code: 'manifest_unreachable', retryable: true }),
    });
    expect(value(await second.load()).version).toBe('v1');
    expect((await second.ask()).output).toEqual(before.output);
    expect(value(await second.engine.flush(false))).toEqual({ waiting: 1 });

    await collector.up();
    expect(value(await second.engine.flush(false))).toEqual({ waiting: 0 });
    expect(countsOf(received(), 'predictions')).toEqual({ [COUNTED]: 2 });
  });
});
