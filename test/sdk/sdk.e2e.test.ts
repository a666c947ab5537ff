/**
 * The SDK as a page meets it: a built page, isolated, in a real Chromium, the real worker, real
 * models, and a real collector behind a proxy that loses what it is asked to lose.
 */
import { type Batch, SERIES } from '@siskin/protocol';
import type { Model, Siskin, SiskinOptions } from '@siskin/sdk';
import type { BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { until } from '../../scripts/until.ts';
import { goldenDigit, type Stage, setStage } from './stage.ts';

/** What stands on the page: the SDK, and what a test has made with it. */
declare const sdk: typeof import('@siskin/sdk');
declare let client: Siskin;
declare let model: Model;
declare let image: { data: Uint8ClampedArray; width: number; height: number };

const COUNTED = 2;

vi.setConfig({ testTimeout: 60_000 });

let stage: Stage;
let golden: { data: number[]; label: string };
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  [stage, golden] = await Promise.all([setStage(), goldenDigit()]);
}, 120_000);

afterAll(() => stage?.strike());

afterEach(async () => {
  stage.proxy.fault = () => undefined;
  stage.proxy.events = undefined;
  for (const context of contexts.splice(0)) {
    // What a page would send as it goes belongs to this test, not to the next.
    for (const page of context.pages()) {
      const closing = page.evaluate(async () => {
        if ('client' in globalThis) await client.close();
      });
      await closing.catch(() => undefined);
    }
    await context.close();
  }
});

async function device(): Promise<BrowserContext> {
  const context = await stage.browser.newContext();
  contexts.push(context);
  return context;
}

/** A page that has loaded the digits. */
async function visit(
  context?: BrowserContext,
  options: Partial<SiskinOptions> = {},
): Promise<Page> {
  const page = await stage.open(context ?? (await device()));
  await page.evaluate(
    async ([given, pixels]) => {
      const image = { data: Uint8ClampedArray.from(pixels), width: 28, height: 28 };
      const client = sdk.createSiskin(given);
      Object.assign(globalThis, { image, client, model: await client.model('digits') });
    },
    [{ ...stage.options, ...options }, golden.data] as const,
  );
  return page;
}

const ask = (page: Page) =>
  page.evaluate(async () => {
    const { label, version, arm, backend } = await model.predict(image);
    return { label, version, arm, backend };
  });

const flush = (page: Page) => page.evaluate(() => client.flush());

/** Counts of a series in batches, by bin. */
function countsOf(batches: readonly Batch[], series: string): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const entry of batches.flatMap((batch) => batch.entries)) {
    const sparse = entry.series[series] ?? [];
    for (let i = 0; i < sparse.length; i += 2) {
      counts[sparse[i]!] = (counts[sparse[i]!] ?? 0) + sparse[i + 1]!;
    }
  }
  return counts;
}

/** Batches that the collector committed since the test began. */
function since(): () => Batch[] {
  const before = stage.proxy.committed().length;
  return () => stage.proxy.committed().slice(before);
}

const predictionsIn = (batches: readonly Batch[]) => countsOf(batches, SERIES.predictions);

/** Waits until everything that was counted so far is in the device's storage. */
async function writtenDown(page: Page): Promise<void> {
  const [shown] = (await page.evaluate(() => client.inspect())) as [Batch];
  const counted = Object.values(predictionsIn([shown])).reduce((a, b) => a + b);
  await until('the window is written down', 10, async () => {
    const stored = await page.evaluate(async () => {
      const done = async <T>(request: IDBRequest<T>): Promise<T> => {
        await new Promise((settled) => {
          request.onsuccess = settled;
        });
        return request.result;
      };
      const [{ name }] = (await indexedDB.databases()) as [{ name: string }];
      const database = await done(indexedDB.open(name));
      const store = database.transaction('checkpoints').objectStore('checkpoints');
      const checkpoints = await done<{ batch: Batch }[]>(store.getAll());
      database.close();
      return checkpoints.map(({ batch }) => batch);
    });
    return Object.values(predictionsIn(stored)).reduce((a, b) => a + b, 0) === counted;
  });
}

/** What a call on the page ends with, if it fails. */
type Failure = { ours: boolean; code: string; retryable: boolean; message: string };

describe('a page', () => {
  it('answers with both runtimes, and its counts arrive', async () => {
    const committed = since();
    const page = await visit();
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    const seen = await page.evaluate(async () => {
      const digit = await model.predict(image);
      await digit.feedback('accept');
      const house = await client.model('house');
      const price = await house.predict({ living_area: 1500, year_built: 1960, condition: 'TA' });
      await price.outcome(150_000);
      const { output, timings, ...rest } = digit;
      return {
        digit: { label: rest.label, confidence: rest.confidence, backend: rest.backend },
        shares: [...(output as Float32Array)],
        timings,
        price: price.output,
        house: price.backend,
        info: model.info.version,
        same: model === (await client.model('digits')),
        left: await client.flush(),
      };
    });
    expect(seen.digit).toMatchObject({ label: golden.label, backend: 'cpu' });
    expect(seen.house).toBe('wasm');
    expect(seen.shares.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(seen.digit.confidence).toBe(Math.max(...seen.shares));
    expect(seen.price).toBeGreaterThan(20_000);
    expect(seen.price).toBeLessThan(1_000_000);
    expect(seen.info).toBe('v1');
    expect(seen.same).toBe(true);
    expect(seen.left).toEqual({ waiting: 0 });
    expect(seen.timings.total).toBeGreaterThan(0);
    expect(predictionsIn(committed())).toEqual({ [COUNTED]: 2 });
    expect(countsOf(committed(), SERIES.signal)).toEqual({ 2: 1 });
  });

  it('has what a person decides compared with what the model would have said', async () => {
    const committed = since();
    const page = await visit();
    await page.evaluate(async () => {
      const { outcome } = await model.shadow(image);
      await outcome('0');
      await client.flush();
    });
    expect(predictionsIn(committed())).toEqual({ [COUNTED]: 1 });
    expect(countsOf(committed(), SERIES.decision)).toEqual({ 5: 1 }); // human
    // Truth 0 in rows of eleven, beside what the model said.
    expect(countsOf(committed(), SERIES.confusion)).toEqual({ [Number(golden.label)]: 1 });
  });

  it('is told typed errors, across the boundary', async () => {
    const page = await visit();
    const told = await page.evaluate(async (given) => {
      const of = async (work: () => Promise<unknown>): Promise<Failure> => {
        const error = await work().then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        const { code, retryable, message } = error as InstanceType<typeof sdk.SiskinError>;
        return { ours: error instanceof sdk.SiskinError, code, retryable, message };
      };
      return [
        await of(() => client.model('digit')),
        await of(() => model.predict('seven')),
        await of(() => model.predict({ image: (() => 7) as never })),
        await of(() => model.predict(new Blob(['no image']))),
        await of(() => model.predict(image, { signal: AbortSignal.abort() })),
        await of(() => model.predict(image, { deadline: 0 })),
        await of(() =>
          sdk.createSiskin({ ...given, publicKeys: ['A'.repeat(43)] }).model('digits'),
        ),
      ];
    }, stage.options);
    expect(told.map(({ ours }) => ours)).toEqual(told.map(() => true));
    expect(told.map(({ code }) => code)).toEqual([
      'model_unknown',
      'input_invalid',
      'input_invalid',
      'input_invalid',
      'aborted',
      'deadline_exceeded',
      'manifest_signature',
    ]);
    expect(told[5]!.retryable).toBe(true);
    expect(await ask(page)).toMatchObject({ label: golden.label });
  });

  it('moves buffers instead of copying them, both ways', async () => {
    const page = await visit();
    const [worker] = page.workers();
    await worker!.evaluate(() => {
      const post = postMessage.bind(globalThis) as (message: unknown, moved?: unknown) => void;
      Object.assign(globalThis, {
        moved: [] as number[],
        postMessage(
          message: { value?: { ok?: boolean; value?: { id?: string } } },
          list?: unknown,
        ) {
          const { moved } = globalThis as unknown as { moved: number[] };
          if (message.value?.value?.id !== undefined) {
            moved.push(...(list as ArrayBuffer[]).map((buffer) => buffer.byteLength));
            post(message, list);
            moved.push(...(list as ArrayBuffer[]).map((buffer) => buffer.byteLength));
          } else post(message, list);
        },
      });
    });
    const bytes = await page.evaluate(async () => {
      const kept = { ...image, data: image.data.slice() };
      await model.predict(kept);
      const given = { ...image, data: image.data.slice() };
      const { output } = await model.predict(given, { transfer: true });
      return {
        kept: kept.data.byteLength,
        given: given.data.byteLength,
        output: (output as Float32Array).length,
      };
    });
    expect(bytes).toEqual({ kept: 784, given: 0, output: 10 });
    // Ten probabilities left the worker by transfer: 40 bytes before, none after, twice.
    const moved = await worker!.evaluate(
      () => (globalThis as unknown as { moved: number[] }).moved,
    );
    expect(moved).toEqual([40, 0, 40, 0]);
  });

  it('in a browser that lacks something is told so at once', async () => {
    const context = await device();
    await context.addInitScript(() => {
      Reflect.deleteProperty(globalThis, 'Worker');
      Reflect.deleteProperty(globalThis, 'indexedDB');
    });
    const page = await stage.open(context);
    const told = await page.evaluate((given) => {
      try {
        return { code: typeof sdk.createSiskin(given), message: '' };
      } catch (error) {
        const { code, message } = error as InstanceType<typeof sdk.SiskinError>;
        return { code, message };
      }
    }, stage.options);
    expect(told.code).toBe('browser_unsupported');
    expect(told.message).toMatch(/lacks Worker, IndexedDB/);
  });
});

describe('a worker that crashes', () => {
  it('rejects what was pending, and the next call works again', async () => {
    const page = await visit();
    const before = await ask(page);
    const [worker] = page.workers();
    // Busy, so that the predictions are still pending when it fails outside of every promise.
    await worker!.evaluate(() => {
      setTimeout(() => {
        const end = performance.now() + 500;
        while (performance.now() < end);
        throw new Error('memory access out of bounds');
      });
    });
    const failures = await page.evaluate(async () => {
      const results = await Promise.allSettled([1, 2, 3].map(() => model.predict(image)));
      return results.map((result): Partial<Failure> => {
        if (result.status === 'fulfilled') return {};
        const { code, retryable, message } = result.reason;
        return { ours: result.reason instanceof sdk.SiskinError, code, retryable, message };
      });
    });
    for (const failure of failures) {
      expect(failure).toMatchObject({ ours: true, code: 'worker_failed', retryable: true });
      expect(failure.message).toContain('memory access out of bounds');
    }
    // The same model, in a new worker, from what the device has stored.
    expect(await ask(page)).toEqual(before);
    expect(page.workers()).toHaveLength(1);
  });

  it('loses at most the last second of counts', async () => {
    const committed = since();
    const page = await visit();
    await ask(page);
    await ask(page);
    await writtenDown(page);
    await page.workers()[0]!.evaluate(() => {
      setTimeout(() => {
        throw new Error('gone');
      });
    });
    await until('the worker is gone', 10, () => page.workers().length === 0);
    await ask(page);
    expect(await flush(page)).toEqual({ waiting: 0 });
    expect(predictionsIn(committed())).toEqual({ [COUNTED]: 3 });
  });
});

describe('a page that is hidden', () => {
  it('sends its window at once, and goes on', async () => {
    const committed = since();
    const page = await visit();
    await ask(page);
    await ask(page);
    // No headless browser hides a page; from the event on everything is real.
    await page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'hidden' });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await until('the window arrives', 10, () => committed().length > 0);
    expect(predictionsIn(committed())).toEqual({ [COUNTED]: 2 });
    await ask(page);
    expect(await flush(page)).toEqual({ waiting: 0 });
    expect(predictionsIn(committed())).toEqual({ [COUNTED]: 3 });
  });
});

describe('a page that is left', () => {
  it('sends its last window as it goes, or at the latest with the next visit, once', async () => {
    const committed = since();
    const context = await device();
    const page = await visit(context);
    await ask(page);
    await ask(page);
    await writtenDown(page);
    await page.goto('about:blank');
    const next = await visit(context);
    expect(await flush(next)).toEqual({ waiting: 0 });
    expect(predictionsIn(committed())).toEqual({ [COUNTED]: 2 });
  });

  it('without having asked a model starts no worker and sends nothing', async () => {
    const paths = stage.proxy.paths.length;
    const page = await stage.open(await device());
    await page.evaluate((given) => {
      sdk.createSiskin(given);
      document.dispatchEvent(new Event('freeze'));
    }, stage.options);
    expect(page.workers()).toHaveLength(0);
    await page.goto('about:blank');
    expect(stage.proxy.paths).toHaveLength(paths);
  });

  it('by a crash of its process is counted by the next visit, once', async () => {
    const committed = since();
    const context = await device();
    const page = await visit(context);
    for (let i = 0; i < 5; i++) await ask(page);
    const shown = (await page.evaluate(() => client.inspect())) as Batch[];
    await writtenDown(page);
    const crashed = page.waitForEvent('crash');
    void page.goto('chrome://crash').catch(() => undefined);
    await crashed;
    expect(committed()).toEqual([]);
    const next = await visit(context);
    expect(await flush(next)).toEqual({ waiting: 0 });
    expect(committed().map(({ id }) => id)).toContain(shown[0]!.id);
    expect(predictionsIn(committed())).toEqual({ [COUNTED]: 5 });
  });
});

describe('a network that fails', () => {
  it('between commit and answer: the batch goes again, and is counted once', async () => {
    const page = await visit();
    await ask(page);
    const before = stage.proxy.batches.length;
    stage.proxy.fault = () => 'lose-answer';
    expect(await flush(page)).toEqual({ waiting: 1 });
    stage.proxy.fault = () => undefined;
    expect(await flush(page)).toEqual({ waiting: 0 });
    const tries = stage.proxy.batches.slice(before);
    // The browser, too, asks again when a connection breaks: every try but the first is a duplicate.
    expect(tries.length).toBeGreaterThanOrEqual(2);
    expect(tries.every(({ status }) => status === 202)).toBe(true);
    expect(tries.map(({ duplicate }) => duplicate)).toEqual(tries.map((_, i) => i > 0));
    expect(new Set(tries.map(({ batch }) => batch.id)).size).toBe(1);
  });

  it('with Retry-After is left alone for as long', async () => {
    const page = await visit();
    await ask(page);
    stage.proxy.fault = () => ({ status: 503, headers: { 'retry-after': '1' } });
    const before = stage.proxy.batches.length;
    expect(await flush(page)).toEqual({ waiting: 1 });
    expect(await flush(page)).toEqual({ waiting: 1 });
    expect(stage.proxy.batches).toHaveLength(before + 1);
    stage.proxy.fault = () => undefined;
    // By itself, once the second is over.
    await until('it is sent again', 10, () => stage.proxy.batches.length > before + 1);
    expect(stage.proxy.batches.at(-1)!.batch.id).toBe(stage.proxy.batches.at(-2)!.batch.id);
  });

  it('altogether: the next visit loads and answers from what the device has', async () => {
    const committed = since();
    const context = await device();
    const first = await visit(context);
    const before = await ask(first);
    await first.evaluate(() => client.close());
    await first.close();
    await stage.proxy.down();
    try {
      const second = await visit(context);
      expect(await ask(second)).toEqual(before);
      expect(await flush(second)).toEqual({ waiting: 1 });
      await stage.proxy.up();
      expect(await flush(second)).toEqual({ waiting: 0 });
    } finally {
      await stage.proxy.up().catch(() => undefined);
    }
    expect(predictionsIn(committed())).toEqual({ [COUNTED]: 2 });
  });
});

describe('a push', () => {
  const count = (ending: string) =>
    stage.proxy.paths.filter((path) => path.endsWith(ending)).length;

  it('that makes no sense is a reason to look, and harms nothing', async () => {
    const looked = count('/manifest');
    stage.proxy.events = (response) => {
      response.setHeader('content-type', 'text/event-stream');
      response.write('event: manifest\ndata: <html>Sign in to the hotel</html>\n\n');
    };
    const page = await visit();
    await until('it looks again', 10, () => count('/manifest') >= looked + 2);
    expect(await ask(page)).toMatchObject({ label: golden.label });
    expect(page.workers()).toHaveLength(1);
  });

  it('that a proxy refused is asked for again with the next poll', async () => {
    const listened = count('/events');
    stage.proxy.events = (response) => response.writeHead(502).end();
    await visit(undefined, { pollSeconds: 0.2 });
    await until('it listens again', 10, () => count('/events') >= listened + 2);
  });
});

describe('consent', () => {
  it('withdrawn deletes what was counted and sends nothing more', async () => {
    const committed = since();
    const page = await visit();
    await ask(page);
    const seen = await page.evaluate(async () => {
      const before = (await client.inspect()).length;
      await client.setConsent(false);
      await model.predict(image);
      return { before, after: (await client.inspect()).length };
    });
    expect(seen).toEqual({ before: 1, after: 0 });
    expect(await flush(page)).toEqual({ waiting: 0 });
    await page.goto('about:blank');
    expect(committed()).toEqual([]);
  });
});

describe('two tabs', () => {
  it('are one device, and send each window once', async () => {
    const committed = since();
    const context = await device();
    const [one, two] = [await visit(context), await visit(context)];
    for (const page of [one, two, one, two]) await ask(page);
    const left = await Promise.all([flush(one), flush(two)]);
    // One of them may have been refused the lock while the other was sending.
    if (left.some(({ waiting }) => waiting > 0)) await flush(one);
    expect(predictionsIn(committed())).toEqual({ [COUNTED]: 4 });
    expect(new Set(committed().map(({ group }) => group)).size).toBe(1);
    expect(new Set(committed().map(({ id }) => id)).size).toBe(2);
  });
});

describe('a new version', () => {
  it('reaches a running page by push, and loses none of 200 predictions in flight', async () => {
    const committed = since();
    const page = await visit();
    expect(await ask(page)).toMatchObject({ version: 'v1' });
    // The page polls once an hour: what arrives now was pushed.
    const swapping = page.evaluate(async () => {
      const swapped = new Promise<{ from: string; to: string }>((resolve) => {
        client.on('swap', ({ from, to }) => resolve({ from, to }));
      });
      const versions: string[] = [];
      let failed = 0;
      let told: { from: string; to: string } | undefined;
      void swapped.then((event) => {
        told = event;
      });
      while (told === undefined) {
        const answers = Array.from({ length: 200 }, () => model.predict(image));
        for (const result of await Promise.allSettled(answers)) {
          if (result.status === 'fulfilled') versions.push(result.value.version);
          else failed++;
        }
      }
      versions.push((await model.predict(image)).version);
      return { told, failed, versions, info: model.info.version };
    });
    await stage.command('rollout', 'start', 'digits', '--to', 'v2', '--canary', '100');
    const { told, failed, versions, info } = await swapping;
    expect(told).toEqual({ from: 'v1', to: 'v2' });
    expect(info).toBe('v2');
    expect(failed).toBe(0);
    expect(versions).toEqual(versions.toSorted());
    expect(new Set(versions)).toEqual(new Set(['v1', 'v2']));
    expect(await flush(page)).toEqual({ waiting: 0 });
    const total = Object.values(predictionsIn(committed())).reduce((a, b) => a + b);
    expect(total).toBe(versions.length + 1);

    const back = page.evaluate(
      () => new Promise((resolve) => client.on('swap', ({ to, info }) => resolve([to, info.arm]))),
    );
    await stage.command('rollout', 'rollback', 'digits');
    expect(await back).toEqual(['v1', 'champion']);
    expect(await ask(page)).toMatchObject({ version: 'v1', arm: 'champion' });
  });
});

describe('a page that is set up wrongly', () => {
  it('with a wrong key goes on, keeps its counts, and says so once', async () => {
    const context = await device();
    const warnings: string[] = [];
    context.on('console', (message) => {
      if (message.type() === 'warning') warnings.push(message.text());
    });
    const page = await visit(context, { key: 'pk_wrong' });
    for (let i = 0; i < 2; i++) {
      expect((await ask(page)).label).toBe(golden.label);
      expect((await page.evaluate(() => client.flush())).waiting).toBe(i + 1);
    }
    expect(warnings.filter((text) => text.includes('write key'))).toHaveLength(1);
  });

  it('with a wrong app hears what the collector says of it', async () => {
    const refused = visit(undefined, { app: 'nope' });
    await expect(refused).rejects.toThrow('there is no app "nope"');
  });
});
