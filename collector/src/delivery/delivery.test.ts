import { webcrypto } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  armOf,
  followKeys,
  MANIFEST_TYPE,
  openEnvelope,
  parseEnvelope,
  parseKeyFile,
  parseManifest,
  unseal,
  type Verify,
} from '@siskin/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { codeOf, startTestCollector, type TestCollector } from '../testing/collector.ts';
import { AREA, MODEL, modelBytes, PROFILE, selfTest, sha256, spec } from '../testing/model.ts';

let collector: TestCollector;
beforeEach(async () => {
  collector = await startTestCollector();
});

/** The browser's own verification, not the signer's library. */
const verify: Verify = async (signature, message, publicKey) => {
  const { subtle } = webcrypto;
  const key = await subtle.importKey('raw', new Uint8Array(publicKey), 'Ed25519', false, [
    'verify',
  ]);
  return subtle.verify('Ed25519', key, new Uint8Array(signature), new Uint8Array(message));
};

async function manifest(from = collector) {
  const { lists } = parseKeyFile(await (await from.fetch('v1/apps/shop/keys')).text());
  const { list } = await followKeys(lists, from.keys.publicKeys, verify);
  const envelope = parseEnvelope(await (await from.fetch('v1/apps/shop/manifest')).text());
  const payload = await openEnvelope(envelope, MANIFEST_TYPE, list.onlineKeys, verify);
  const value: unknown = JSON.parse(new TextDecoder().decode(payload));
  return parseManifest(await unseal(value, list.artifactKeys, verify));
}

describe('the manifest', () => {
  it('is there, signed and empty, before anything is published', async () => {
    const first = await manifest();
    expect(first).toMatchObject({ v: 1, app: 'shop', sequence: 1, models: {} });
    expect(Date.parse(first.expires) - Date.parse(first.issued)).toBe(24 * 3_600_000);
  });

  it('names the first version as champion, with artifacts that can be fetched from it', async () => {
    const response = await collector.publish('v1');
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ created: true, champion: true, sequence: 2 });
    const { models } = await manifest();
    const model = models[MODEL]!;
    expect(model.champion).toBe('v1');
    const version = model.versions.v1!;
    expect(version.series).toEqual([AREA]);
    const base = new URL('v1/apps/shop/manifest', collector.url);
    for (const file of [...version.files, version.selfTest!]) {
      const bytes = new Uint8Array(await (await fetch(new URL(file.url, base))).arrayBuffer());
      expect(bytes.length).toBe(file.bytes);
      expect(sha256(bytes)).toBe(file.sha256);
    }
  });

  it('is not verified by another collector’s key', async () => {
    const other = await startTestCollector();
    const { lists } = parseKeyFile(await (await collector.fetch('v1/apps/shop/keys')).text());
    await expect(followKeys(lists, other.keys.publicKeys, verify)).rejects.toMatchObject({
      code: 'manifest_signature',
    });
  });

  it('has a strong ETag, and is not sent twice', async () => {
    const response = await collector.fetch('v1/apps/shop/manifest');
    const etag = response.headers.get('etag')!;
    expect(etag).toMatch(/^"[^"]+"$/);
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    const headers = { 'If-None-Match': `"other", W/${etag}` };
    const again = await collector.fetch('v1/apps/shop/manifest', { headers });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
    expect(again.headers.get('etag')).toBe(etag);
    await collector.publish('v1');
    expect((await collector.fetch('v1/apps/shop/manifest', { headers })).status).toBe(200);
  });

  it('of an unknown app is not found', async () => {
    expect((await collector.fetch('v1/apps/nobody/keys')).status).toBe(404);
    const response = await collector.fetch('v1/apps/nobody/manifest');
    expect([response.status, await codeOf(response)]).toEqual([404, 'not_found']);
    expect((await collector.fetch('v1/apps/nobody/events')).status).toBe(404);
  });
});

describe('publishing', () => {
  it('again with the same content changes nothing', async () => {
    await collector.publish('v1');
    const again = await collector.publish('v1');
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ created: false, champion: true, sequence: 2 });
    expect((await manifest()).sequence).toBe(2);
  });

  it('again with other content is a conflict', async () => {
    await collector.publish('v1');
    const again = await collector.publish('v1', {
      profile: { ...PROFILE, source: 'other houses' },
    });
    expect([again.status, await codeOf(again)]).toEqual([409, 'conflict']);
  });

  it('a later version only registers it', async () => {
    await collector.publish('v1');
    expect(await (await collector.publish('v2')).json()).toMatchObject({
      created: true,
      champion: false,
      sequence: 2,
    });
    expect((await manifest()).models[MODEL]).toMatchObject({ champion: 'v1' });
    expect(Object.keys((await manifest()).models[MODEL]!.versions)).toEqual(['v1']);
  });

  it.each([
    ['a spec of another model', { spec: { ...spec('v1'), name: 'digits' } }, 400, 'spec_invalid'],
    ['a spec that is none', { spec: { name: MODEL } }, 400, 'spec_invalid'],
    ['a profile that is none', { profile: { v: 1 } }, 400, 'profile_invalid'],
    [
      'a profile with negative counts',
      { profile: { ...PROFILE, series: [{ definition: AREA, counts: [300, -1] }] } },
      400,
      'profile_invalid',
    ],
    [
      'a profile that claims a series of ours',
      {
        profile: {
          ...PROFILE,
          series: [{ definition: { name: 'software/latency', kind: 'unit' }, counts: [] }],
        },
      },
      400,
      'profile_invalid',
    ],
    [
      'a file that was not uploaded',
      { files: [{ name: 'model.onnx', sha256: 'a'.repeat(64) }] },
      404,
      'not_found',
    ],
    ['no files', { files: [] }, 400, 'usage'],
    ['a field too many', { extra: 1 }, 400, 'usage'],
  ])('%s is refused', async (_, changes, status, code) => {
    const response = await collector.publish('v1', changes);
    expect([response.status, await codeOf(response)]).toEqual([status, code]);
    expect((await manifest()).models).toEqual({});
  });

  it('an empty model is refused', async () => {
    await collector.admin('PUT', `artifacts/${sha256('')}`, Buffer.alloc(0));
    const files = [{ name: 'model.onnx', sha256: sha256('') }];
    const response = await collector.publish('v1', { files });
    expect([response.status, await codeOf(response)]).toEqual([400, 'spec_invalid']);
  });

  it('a self-test that is none is refused', async () => {
    const bad = JSON.stringify({ ...selfTest('v1'), cases: [] });
    await collector.admin('PUT', `artifacts/${sha256(bad)}`, Buffer.from(bad));
    const response = await collector.publish('v1', {
      selfTest: { name: 'selftest.json', sha256: sha256(bad) },
    });
    expect([response.status, await codeOf(response)]).toEqual([400, 'spec_invalid']);
  });
});

describe('a rollout', () => {
  beforeEach(async () => {
    await collector.publish('v1');
    await collector.publish('v2');
  });

  it('start, widen, promote, roll back: each a new sequence, all kept', async () => {
    expect(
      await (await collector.rollout('start', { version: 'v2', canary: 10 })).json(),
    ).toMatchObject({
      champion: 'v1',
      canary: { version: 'v2', share: 0.1 },
      sequence: 3,
    });
    const narrow = (await manifest()).models[MODEL]!;
    expect(Object.keys(narrow.versions)).toEqual(['v1', 'v2']);
    await collector.rollout('start', { version: 'v2', canary: 50 });
    const wide = (await manifest()).models[MODEL]!;
    let inCanary = 0;
    for (let i = 0; i < 2000; i++) {
      const [before, after] = [armOf(narrow, `d${i}`), armOf(wide, `d${i}`)];
      if (before.arm === 'canary') expect(after.arm).toBe('canary');
      if (after.arm === 'canary') inCanary++;
    }
    expect(inCanary).toBeGreaterThan(900);
    expect(inCanary).toBeLessThan(1100);

    await collector.rollout('promote');
    expect(await manifest()).toMatchObject({ sequence: 5, models: { house: { champion: 'v2' } } });
    expect((await manifest()).models[MODEL]!.rollout).toBeUndefined();
    await collector.rollout('rollback');
    expect(await manifest()).toMatchObject({ sequence: 6, models: { house: { champion: 'v1' } } });

    await collector.restart();
    const status = await (await collector.admin('GET', `apps/shop/models/${MODEL}/rollout`)).json();
    expect(status).toMatchObject({
      champion: 'v1',
      canary: null,
      versions: [{ version: 'v1' }, { version: 'v2' }],
    });
    const { history } = status as { history: { sequence: number; cause: string }[] };
    expect(history.map(({ sequence, cause }) => [sequence, cause])).toEqual([
      [6, 'rollback'],
      [5, 'promote'],
      [4, 'widen'],
      [3, 'start'],
      [2, 'publish'],
    ]);
    const audit = await (await collector.admin('GET', 'apps/shop/audit')).json();
    expect((audit as { entries: { action: string }[] }).entries.map((e) => e.action)).toEqual([
      'rollout rollback',
      'rollout promote',
      'rollout widen',
      'rollout start',
      'publish',
      'publish',
    ]);
  });

  it('of what is not there is refused', async () => {
    const told = async (response: Response) => [response.status, await codeOf(response)];
    expect(await told(await collector.rollout('start', { version: 'v9', canary: 10 }))).toEqual([
      404,
      'not_found',
    ]);
    expect(await told(await collector.rollout('rollback', { to: 'v9' }))).toEqual([
      404,
      'not_found',
    ]);
    expect(await told(await collector.rollout('rollback'))).toEqual([409, 'conflict']);
    expect(await told(await collector.rollout('promote'))).toEqual([409, 'conflict']);
    expect(await told(await collector.rollout('start', { version: 'v2', canary: 0 }))).toEqual([
      400,
      'usage',
    ]);
    expect(await told(await collector.rollout('start', { version: 'v2', canary: 101 }))).toEqual([
      400,
      'usage',
    ]);
    expect(await told(await collector.rollout('start', { version: 'v2' }))).toEqual([400, 'usage']);
    const other = await collector.admin('POST', 'apps/shop/models/none/rollout/promote', {});
    expect(await told(other)).toEqual([404, 'not_found']);
    expect((await manifest()).sequence).toBe(2);
  });

  it('many at once give every change a sequence of its own', async () => {
    const answers = await Promise.all(
      [10, 20, 30, 40, 50].map((canary) => collector.rollout('start', { version: 'v2', canary })),
    );
    const done = answers.filter((answer) => answer.status === 200);
    const sequences = await Promise.all(
      done.map(async (answer) => ((await answer.json()) as { sequence: number }).sequence),
    );
    expect(new Set(sequences).size).toBe(done.length);
    expect((await manifest()).sequence).toBe(2 + done.length);
  });
});

describe('events', () => {
  /** Frames of the stream, as they come. */
  async function* frames(response: Response): AsyncGenerator<string> {
    const text = new TextDecoder();
    let rest = '';
    for await (const chunk of response.body!) {
      rest += text.decode(chunk, { stream: true });
      const parts = rest.split('\n\n');
      rest = parts.pop()!;
      yield* parts;
    }
  }
  const streams = async (): Promise<number> =>
    Number(/siskin_event_streams (\d+)/.exec(await (await collector.fetch('metrics')).text())?.[1]);

  it('tell the sequence at once and at every change, and end with the collector', async () => {
    await collector.publish('v1');
    await collector.publish('v2');
    const response = await collector.fetch('v1/apps/shop/events');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const stream = frames(response);
    expect((await stream.next()).value).toBe('event: manifest\ndata: {"sequence":2}');
    await collector.rollout('start', { version: 'v2', canary: 10 });
    expect((await stream.next()).value).toBe('event: manifest\ndata: {"sequence":3}');
    await collector.rollout('rollback');
    expect((await stream.next()).value).toBe('event: manifest\ndata: {"sequence":4}');
    expect(await streams()).toBe(1);
    await collector.close();
    expect((await stream.next()).done).toBe(true);
  });

  it('forget who left', async () => {
    const gone = new AbortController();
    const response = await collector.fetch('v1/apps/shop/events', { signal: gone.signal });
    await frames(response).next();
    await collector.fetch('v1/apps/shop/events', { method: 'HEAD' });
    gone.abort();
    await expect.poll(streams).toBe(0);
  });
});

describe('renewal', () => {
  it('comes before half of a manifest’s life, with the same content and a higher sequence', async () => {
    let now = Date.parse('2026-11-24T00:00:00Z');
    const own = await startTestCollector({ now: () => now });
    await own.publish('v1');
    const first = await manifest(own);
    now += 8 * 3_600_000;
    await own.restart();
    expect((await manifest(own)).sequence).toBe(first.sequence);
    now += 2 * 3_600_000;
    await own.restart();
    const renewed = await manifest(own);
    expect(renewed.sequence).toBe(first.sequence + 1);
    expect(Date.parse(renewed.expires)).toBe(now + 24 * 3_600_000);
    expect(renewed.models).toEqual(first.models);
  });

  it('comes by itself while the collector runs', async () => {
    // A manifest of 3.6 seconds.
    const own = await startTestCollector({ validity: 0.001 });
    await own.publish('v1');
    const { sequence } = await manifest(own);
    const response = await own.fetch('v1/apps/shop/events');
    const reader = response.body!.getReader();
    let told = '';
    while (!told.includes(`{"sequence":${sequence + 2}}`)) {
      told += new TextDecoder().decode((await reader.read()).value);
    }
    await reader.cancel();
    const latest = await manifest(own);
    expect(latest.sequence).toBeGreaterThanOrEqual(sequence + 2);
    expect(Date.parse(latest.expires)).toBeGreaterThan(Date.now() + 1500);
  }, 20_000);
});

describe('artifacts', () => {
  const bytes = modelBytes('v1');
  const hash = sha256(bytes);
  const path = `v1/artifacts/${hash}`;

  it('are immutable, and readable from anywhere', async () => {
    await collector.publish('v1');
    const response = await collector.fetch(path);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      etag: `"${hash}"`,
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'application/octet-stream',
      'accept-ranges': 'bytes',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    });
    expect((await collector.fetch(path, { method: 'HEAD' })).headers.get('content-length')).toBe(
      String(bytes.length),
    );
    // Without it, fetch asks servers not to revalidate once the caller does.
    const headers = { 'If-None-Match': `"${hash}"`, 'Cache-Control': 'max-age=0' };
    expect((await collector.fetch(path, { headers })).status).toBe(304);
  });

  it('resume by range', async () => {
    await collector.publish('v1');
    const range = (value: string) =>
      collector.fetch(path, { headers: { Range: value, 'If-Range': `"${hash}"` } });
    const tail = await range('bytes=100-');
    expect(tail.status).toBe(206);
    expect(tail.headers.get('content-range')).toBe(`bytes 100-${bytes.length - 1}/${bytes.length}`);
    expect(Buffer.from(await tail.arrayBuffer()).equals(bytes.subarray(100))).toBe(true);
    const middle = await range('bytes=5-9');
    expect(await middle.text()).toBe(bytes.subarray(5, 10).toString());
    const beyond = await range('bytes=999999-');
    expect(beyond.status).toBe(416);
    expect(beyond.headers.get('content-range')).toBe(`bytes */${bytes.length}`);
    expect(beyond.headers.get('cache-control')).toBeNull();
  });

  it('answer preflights', async () => {
    const response = await collector.fetch(path, { method: 'OPTIONS' });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-headers')).toContain('Range');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  it.each(['a'.repeat(64), '..%2f..%2fsigning-key.pem', 'signing-key.pem', 'A'.repeat(64)])(
    'of another name are not found: %s',
    async (name) => {
      const response = await collector.fetch(`v1/artifacts/${name}`);
      expect([response.status, await codeOf(response)]).toEqual([404, 'not_found']);
      expect(response.headers.get('cache-control')).toBe('no-store');
    },
  );

  it('with other bytes than their name says are refused, and leave nothing', async () => {
    const response = await collector.admin('PUT', `artifacts/${hash}`, Buffer.from('evil'));
    expect([response.status, await codeOf(response)]).toEqual([400, 'artifact_hash']);
    expect((await collector.fetch(path)).status).toBe(404);
    expect(readdirSync(join(collector.data, 'artifacts', hash.slice(0, 2)))).toEqual([]);
    const nameless = await collector.admin('PUT', 'artifacts/abc', Buffer.from('x'));
    expect([nameless.status, await codeOf(nameless)]).toEqual([400, 'artifact_hash']);
  });

  it('beyond the limit are refused', async () => {
    const small = await startTestCollector({ maxArtifact: 1 });
    const large = Buffer.alloc(2 ** 20 + 1);
    const response = await small.admin('PUT', `artifacts/${sha256(large)}`, large);
    expect([response.status, await codeOf(response)]).toEqual([413, 'batch_too_large']);
    expect((await small.fetch(`v1/artifacts/${sha256(large)}`)).status).toBe(404);
  });
});
