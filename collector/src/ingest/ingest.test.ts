import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type Batch, LIMITS, SERIES } from '@siskin/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../reports/report.ts';
import { codeOf, startTestCollector, type TestCollector, UNTRIED } from '../testing/collector.ts';
import { AREA, batchOf, houses } from '../testing/model.ts';

let collector: TestCollector;
beforeEach(async () => {
  collector = await startTestCollector(UNTRIED);
  await collector.publish('v1');
});

async function counted(): Promise<number> {
  const report = (await (await collector.report()).json()) as Report;
  return report.versions.reduce((sum, version) => sum + version.predictions.counted, 0);
}

/** The answer's status and stable code; nothing may have been counted. */
async function refused(body: Batch | string | Uint8Array<ArrayBuffer>, init?: RequestInit) {
  const response = await collector.send(body, init);
  const told = { status: response.status, code: await codeOf(response) };
  expect(await counted()).toBe(0);
  return told;
}

function withSeries(series: Record<string, unknown>): Batch {
  const batch = batchOf('v1', houses(3));
  return {
    ...batch,
    entries: [{ ...batch.entries[0]!, series: series as Record<string, number[]> }],
  };
}

describe('a batch', () => {
  it('is accepted, and once only', async () => {
    const batch = batchOf('v1', houses(10));
    const first = await collector.send(batch);
    expect(first.status).toBe(202);
    expect(await first.json()).toEqual({ accepted: true, duplicate: false });
    const again = await collector.send({ ...batch, age: 5000 });
    expect(again.status).toBe(202);
    expect(await again.json()).toEqual({ accepted: true, duplicate: true });
    await collector.restart();
    expect(await (await collector.send(batch)).json()).toEqual({ accepted: true, duplicate: true });
    expect(await counted()).toBe(10);
  });

  it('replayed many times at once is counted once', async () => {
    const batch = batchOf('v1', houses(10));
    const answers = await Promise.all(Array.from({ length: 40 }, () => collector.send(batch)));
    const told = await Promise.all(answers.map((answer) => answer.json()));
    expect(told.filter((answer) => !(answer as { duplicate: boolean }).duplicate)).toHaveLength(1);
    expect(await counted()).toBe(10);
  });

  it.each([
    ['none', {}],
    ['text/plain', { 'Content-Type': 'text/plain' }],
    ['application/octet-stream', { 'Content-Type': 'application/octet-stream' }],
    ['application/json', { 'Content-Type': 'application/json' }],
    ['one never heard of', { 'Content-Type': 'image/x-nothing' }],
  ])('may have any content type: %s', async (_, headers) => {
    const body = Buffer.from(JSON.stringify(batchOf('v1', houses(2))));
    const response = await collector.send(new Uint8Array(body), { headers });
    expect(response.status).toBe(202);
    expect(await counted()).toBe(2);
  });

  it.each([
    ['told by its magic number', {}],
    ['declared', { 'Content-Encoding': 'gzip' }],
  ])('may be gzip, %s', async (_, headers) => {
    const body = gzipSync(JSON.stringify(batchOf('v1', houses(2))));
    expect((await collector.send(new Uint8Array(body), { headers })).status).toBe(202);
    expect(await counted()).toBe(2);
  });

  it('is read by pages of any origin, without a preflight', async () => {
    const response = await collector.send(batchOf('v1', []), {
      headers: { Origin: 'https://shop.example' },
    });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  });

  it('falls into the window in which it was counted, not in which it came', async () => {
    const old = batchOf('v1', houses(5), { age: 3 * 3_600_000 });
    expect((await collector.send(old)).status).toBe(202);
    expect(await counted()).toBe(0);
    const report = (await (await collector.report('4h')).json()) as Report;
    expect(report.versions[0]?.predictions.counted).toBe(5);
  });
});

describe('a bad batch is refused with a stable code:', () => {
  it('negative counts', async () => {
    expect(await refused(withSeries({ [AREA.name]: [300, -1] }))).toEqual({
      status: 400,
      code: 'batch_invalid',
    });
  });

  it.each([
    ['a count of zero', [300, 0]],
    ['half a count', [300, 1.5]],
    ['a count beyond the bound', [300, LIMITS.count + 1]],
    ['a bin beyond the last', [100_000, 1]],
    ['a negative bin', [-1, 1]],
    ['bins out of order', [300, 1, 299, 1]],
    ['a bin without a count', [300]],
    ['counts that are texts', ['300', '1']],
    ['counts that are an object', { 300: 1 }],
  ])('%s', async (_, counts) => {
    expect((await refused(withSeries({ [AREA.name]: counts }))).code).toBe('batch_invalid');
  });

  it('an unknown series', async () => {
    expect(await refused(withSeries({ 'input/secret': [1, 1] }))).toEqual({
      status: 400,
      code: 'batch_unknown_series',
    });
  });

  it('an unknown series beside a good one: all or nothing', async () => {
    const batch = batchOf('v1', houses(3));
    const entry = batch.entries[0]!;
    const bad = { ...entry, series: { ...entry.series, 'input/secret': [1, 1] } };
    expect((await refused({ ...batch, entries: [entry, bad] })).code).toBe('batch_unknown_series');
  });

  it('a model or version that was never published', async () => {
    expect(await refused(batchOf('v9', houses(3)))).toEqual({ status: 400, code: 'model_unknown' });
  });

  it.each([
    ['no JSON', 'hello'],
    ['an empty body', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['ten thousand brackets', '['.repeat(10_000)],
    ['another version of the protocol', JSON.stringify({ ...batchOf('v1', []), v: 2 })],
    [
      'a field that carries more than counts',
      JSON.stringify({ ...batchOf('v1', []), user: 'ann' }),
    ],
    ['an id too short', JSON.stringify({ ...batchOf('v1', []), id: 'abc' })],
    ['a group beyond the last', JSON.stringify({ ...batchOf('v1', []), group: 16 })],
    ['no entries', JSON.stringify({ ...batchOf('v1', []), entries: [] })],
    ['an age of a year', JSON.stringify({ ...batchOf('v1', []), age: 3e10 })],
  ])('wrong content: %s', async (_, body) => {
    expect(await refused(body)).toEqual({ status: 400, code: 'batch_invalid' });
  });

  it('wrong content: bytes that are no UTF-8', async () => {
    expect((await refused(new Uint8Array([0x22, 0xff, 0xfe, 0x22]))).code).toBe('batch_invalid');
  });

  it('gzip that is cut or damaged', async () => {
    const body = gzipSync(JSON.stringify(batchOf('v1', houses(3))));
    expect((await refused(new Uint8Array(body.subarray(0, 40)))).code).toBe('batch_invalid');
    body[20]! ^= 0xff;
    expect((await refused(new Uint8Array(body))).code).toBe('batch_invalid');
  });

  it('an encoding we do not read', async () => {
    const told = await refused(batchOf('v1', []), { headers: { 'Content-Encoding': 'br' } });
    expect(told).toEqual({ status: 415, code: 'content_type' });
  });

  it('too large on the wire', async () => {
    const noise = new Uint8Array(randomBytes(LIMITS.wireBytes + 1));
    expect(await refused(noise)).toEqual({ status: 413, code: 'batch_too_large' });
  });

  it('too large on the wire, and of no stated length', async () => {
    const chunk = new Uint8Array(randomBytes(64 * 1024));
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(chunk);
        if (++sent === 8) controller.close();
      },
    });
    let sent = 0;
    const init = { body, duplex: 'half' } as RequestInit;
    expect(await refused('', init)).toEqual({ status: 413, code: 'batch_too_large' });
  });

  it('endless: the connection is cut', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const outcome = await new Promise<{ status?: number; sent: number }>((resolve, reject) => {
      let sent = 0;
      const sending = request(new URL(`v1/batches/${collector.keys.writeKey}`, collector.url), {
        method: 'POST',
      });
      const more = (): void => {
        while (!sending.destroyed && sent < 1e9) {
          sent += chunk.length;
          if (!sending.write(chunk)) {
            sending.once('drain', more);
            return;
          }
        }
        if (sent >= 1e9) reject(new Error('a gigabyte was taken'));
      };
      sending.on('response', (response) => resolve({ status: response.statusCode!, sent }));
      sending.on('error', () => resolve({ sent }));
      more();
    });
    expect(outcome.status ?? 413).toBe(413);
    expect(outcome.sent).toBeLessThan(32e6);
    expect((await collector.fetch('healthz')).status).toBe(200);
  });

  it('a gzip bomb, without unpacking it', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(LIMITS.wireBytes);
    const before = process.memoryUsage.rss();
    expect(await refused(new Uint8Array(bomb))).toEqual({ status: 413, code: 'batch_too_large' });
    expect(process.memoryUsage.rss() - before).toBeLessThan(60e6);
  });

  it('JSON beyond a megabyte', async () => {
    const padded = JSON.stringify(batchOf('v1', [])) + ' '.repeat(LIMITS.inflatedBytes);
    expect(await refused(new Uint8Array(gzipSync(padded)))).toEqual({
      status: 413,
      code: 'batch_too_large',
    });
  });

  it('an unknown key', async () => {
    const body = JSON.stringify(batchOf('v1', []));
    const response = await collector.fetch('v1/batches/pk_nobody', { method: 'POST', body });
    expect(response.status).toBe(403);
    expect(await codeOf(response)).toBe('key_unknown');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('an aborted request, and the collector goes on', async () => {
    await new Promise<void>((resolve) => {
      const sending = request(new URL(`v1/batches/${collector.keys.writeKey}`, collector.url), {
        method: 'POST',
        headers: { 'Content-Length': 1000 },
      });
      sending.on('error', () => resolve());
      sending.write('{"v":1', () => sending.destroy(new Error('gone')));
    });
    expect((await collector.send(batchOf('v1', houses(1)))).status).toBe(202);
    expect(await counted()).toBe(1);
  });

  it('names that are special to JavaScript', async () => {
    const body = `{"v":1,"id":"${'A'.repeat(22)}","group":0,"sdk":"0.1.0","age":0,"span":1,"entries":[{"model":"__proto__","version":"constructor","arm":"champion","sequence":1,"series":{}}]}`;
    expect((await refused(body)).code).toBe('model_unknown');
    const series = JSON.stringify(withSeries({ hasOwnProperty: [1, 1] }));
    expect((await refused(series)).code).toBe('batch_unknown_series');
  });
});

describe('an allow-list of origins', () => {
  it('keeps other pages out', async () => {
    const strict = await startTestCollector({ ...UNTRIED, origins: ['https://shop.example'] });
    await strict.publish('v1');
    const from = (origin: string) =>
      strict.send(batchOf('v1', houses(1)), { headers: { Origin: origin } });
    expect((await from('https://shop.example')).status).toBe(202);
    const other = await from('https://evil.example');
    expect(other.status).toBe(401);
    expect(await codeOf(other)).toBe('unauthorized');
  });
});

describe('group commit', () => {
  it('answers a thousand devices, and the sums are right', async () => {
    const batches = Array.from({ length: 1000 }, (_, i) =>
      batchOf('v1', houses(3, 0, i), { age: 60_000 }),
    );
    const answers = await Promise.all(batches.map((batch) => collector.send(batch)));
    expect(answers.every((answer) => answer.status === 202)).toBe(true);
    const report = (await (await collector.report()).json()) as Report;
    const [version] = report.versions;
    expect(version?.predictions.counted).toBe(3000);
    expect(version?.features[0]).toMatchObject({
      name: SERIES.input('area'),
      n: 3000,
      state: 'ok',
    });
    const metrics = await (await collector.fetch('metrics')).text();
    const commits = Number(/siskin_commit_batches_count (\d+)/.exec(metrics)?.[1]);
    expect(commits).toBeLessThan(500);
    expect(metrics).toContain('siskin_batches_total{result="accepted"} 1000');
  });
});

describe('stopping', () => {
  it('answers what is under way, and loses nothing it accepted', async () => {
    const batches = Array.from({ length: 300 }, (_, i) => batchOf('v1', houses(1, 0, i)));
    const send = (batch: Batch): Promise<boolean> =>
      collector.send(batch).then(
        (answer) => answer.status === 202,
        () => false,
      );
    const sending = batches.map(send);
    await Promise.any(sending);
    await collector.restart();
    const accepted = await Promise.all(sending);
    expect(await counted()).toBeGreaterThanOrEqual(accepted.filter(Boolean).length);
    for (const [i, batch] of batches.entries()) if (!accepted[i]) await send(batch);
    expect(await counted()).toBe(300);
  });
});

describe('batch ids', () => {
  it('are remembered for as long as a batch may come again', async () => {
    let now = Date.now();
    const own = await startTestCollector({ ...UNTRIED, now: () => now });
    await own.publish('v1');
    const batch = batchOf('v1', houses(1));
    const duplicate = async (): Promise<unknown> =>
      (await (await own.send(batch)).json()) as unknown;
    expect(await duplicate()).toEqual({ accepted: true, duplicate: false });
    now += LIMITS.ageMs;
    await own.restart();
    expect(await duplicate()).toEqual({ accepted: true, duplicate: true });
    now += 2 * 24 * 3_600_000;
    await own.restart();
    expect(await duplicate()).toEqual({ accepted: true, duplicate: false });
  });
});
