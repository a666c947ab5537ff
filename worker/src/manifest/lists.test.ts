/** The attacks that The Update Framework names (§1.5.2), against a device that has key lists. */
import 'fake-indexeddb/auto';
import { type Envelope, type ManifestVersion, parseSpec, type SiskinError } from '@siskin/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { testDatabase } from '../testing/database.ts';
import { failure } from '../testing/errors.ts';
import { createSigners, keyFile, keyList, manifestOf, sealed } from '../testing/keys.ts';
import { createSigner, type TestSigner } from '../testing/sign.ts';
import { keysUrl } from './lists.ts';
import { ManifestSource, type SourceOptions } from './source.ts';
import { verifyEd25519 } from './verify.ts';

const NOON = Date.parse('2026-11-01T12:00:00Z');
const MANIFEST = 'https://cdn.example/v1/apps/shop/manifest.json';
const KEYS = 'https://cdn.example/v1/apps/shop/keys.json';

let keys: { artifact: TestSigner; online: TestSigner };
let database: Database;
let served: Record<string, string | (() => Response)>;
let requests: string[];
let errors: string[];
let sources: ManifestSource[];
let first: Envelope;
let now: number;

beforeEach(async () => {
  keys = await createSigners();
  first = await keyList(1, keys, [keys.artifact]);
  database = await testDatabase();
  served = { [KEYS]: keyFile(first) };
  [requests, errors, sources, now] = [[], [], [], NOON];
});

afterEach(() => {
  for (const source of sources) source.close();
});

const get: typeof fetch = async (input) => {
  const url = String(input);
  requests.push(url);
  const body = served[url];
  if (typeof body === 'function') return body();
  return new Response(body, { status: body === undefined ? 404 : 200 });
};

function device(options: Partial<SourceOptions> = {}): ManifestSource {
  const source = new ManifestSource({
    url: MANIFEST,
    events: undefined,
    app: 'shop',
    publicKeys: [keys.artifact.publicKey],
    pollMs: 3_600_000,
    verify: verifyEd25519,
    database,
    fetch: get,
    now: () => now,
    random: () => 0.5,
    onManifest: () => undefined,
    onError: (error: SiskinError) => errors.push(error.code),
    ...options,
  });
  sources.push(source);
  return source;
}

async function serve(sequence: number, models: object = {}, signer = keys.online, about = {}) {
  served[MANIFEST] = await signer.seal(manifestOf(sequence, models, about));
}

/** @returns the sequence that runs after a start. */
const start = async (options?: Partial<SourceOptions>): Promise<number> =>
  (await device(options).start()).sequence;

const version = (name: string, hash = 'a'): ManifestVersion => ({
  spec: parseSpec({
    name: 'house',
    version: name,
    format: 'onnx',
    files: ['model.onnx'],
    inputs: [{ name: 'area', kind: 'numeric' }],
    outputs: [{ kind: 'regression' }],
  }),
  files: [
    {
      name: 'model.onnx',
      sha256: hash.repeat(64),
      bytes: 5,
      url: `../../artifacts/${hash.repeat(64)}`,
    },
  ],
  series: [],
});

const house = (versions: object, champion = 'v1') => ({ house: { champion, versions } });

/** A body without an end, and how much of it was taken. */
function endless() {
  let bytes = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      bytes += 65_536;
      controller.enqueue(new Uint8Array(65_536).fill(32));
    },
  });
  return { response: () => new Response(body), bytes: () => bytes };
}

describe('an app with a key list', () => {
  it('runs what the artifact key sealed and the online key chose', async () => {
    await serve(1, house({ v1: await sealed(version('v1'), keys.artifact) }));
    const { models } = await device().start();
    expect(models.house!.versions.v1).toEqual(version('v1'));
    expect(requests).toEqual([MANIFEST, KEYS]);
  });

  it('asks for lists once, and goes on with them offline', async () => {
    await serve(1);
    await start();
    await serve(2);
    expect(await start()).toBe(2);
    expect(requests).toEqual([MANIFEST, KEYS, MANIFEST]);
    served = {};
    expect(await start()).toBe(2);
    expect(errors).toEqual(['manifest_unreachable']);
  });

  it('without one goes on as before: the pinned key signs manifests', async () => {
    const own = { publicKeys: [keys.online.publicKey] };
    await serve(1, house({ v1: version('v1') }));
    expect(await start(own)).toBe(1);
    expect(requests).toEqual([MANIFEST]);
    served = {};
    await serve(2, {}, keys.artifact);
    expect(await start(own)).toBe(1);
    expect(errors).toEqual(['manifest_signature']);
  });

  it('can have begun without: the first list is signed by the key that was pinned', async () => {
    const old = await createSigner();
    const own = { publicKeys: [old.publicKey] };
    await serve(1, {}, old);
    await start(own);
    served[KEYS] = keyFile(await keyList(1, keys, [old, keys.artifact]));
    await serve(2);
    expect(await start(own)).toBe(2);
    await serve(3, {}, old);
    expect(await start(own)).toBe(2);
    expect(errors).toEqual(['manifest_signature']);
  });

  it.each([
    ['https://a.example/v1/apps/shop/manifest', 'https://a.example/v1/apps/shop/keys'],
    ['https://a.example/manifest.json?v=manifest', 'https://a.example/keys.json?v=manifest'],
    ['https://a.example/manifest/m.json', 'https://a.example/manifest/keys.json'],
  ])('of %s has its keys at %s', (manifest, url) => expect(keysUrl(manifest)).toBe(url));
});

describe('freeze attack', () => {
  it('an expired manifest is not taken, what runs goes on, and the page is told', async () => {
    await serve(1);
    await start();
    await serve(2);
    now = Date.parse('2026-11-02T00:00:00Z');
    expect(await start()).toBe(1);
    expect(errors).toEqual(['manifest_expired']);
  });

  it('the same manifest offered on after its end is told, too', async () => {
    await serve(1);
    await start();
    expect(errors).toEqual([]);
    now = Date.parse('2026-11-03T00:00:00Z');
    expect(await start()).toBe(1);
    expect(errors).toEqual(['manifest_expired']);
  });

  it('a key list that has expired lets nothing new in until there is a later one', async () => {
    const until = { expires: '2026-11-01T18:00:00.000Z' };
    served[KEYS] = keyFile(await keyList(1, keys, [keys.artifact], until));
    await serve(1);
    const source = device();
    await source.start();
    now = Date.parse(until.expires);
    await serve(2);
    await failure(() => source.refresh(), 'manifest_expired');
    expect(source.manifest?.sequence).toBe(1);
    served[KEYS] = keyFile(first, await keyList(2, keys, [keys.artifact]));
    await source.refresh();
    expect(source.manifest?.sequence).toBe(2);
  });
});

describe('rollback attack', () => {
  it('a lower sequence is refused, across visits', async () => {
    await serve(5);
    await start();
    await serve(4);
    expect(await start()).toBe(5);
    expect(errors).toEqual(['manifest_rollback']);
  });

  it('a device that has seen none holds to the floor that the page names', async () => {
    await serve(6);
    await failure(() => start({ minSequence: 7 }), 'manifest_rollback');
    await serve(7);
    expect(await start({ minSequence: 7 })).toBe(7);
  });

  it('what is stored is held to it, too', async () => {
    await serve(6);
    await start();
    served = {};
    expect(await start({ minSequence: 6 })).toBe(6);
    await failure(() => start({ minSequence: 7 }), 'manifest_unreachable');
  });
});

describe('mix-and-match attack', () => {
  it.each<[string, () => Promise<object>]>([
    ['another version of the model', async () => sealed(version('v2'), keys.artifact)],
    [
      'a version of another model',
      async () => {
        const { spec, ...rest } = version('v1');
        return sealed({ spec: { ...spec, name: 'digits' }, ...rest }, keys.artifact);
      },
    ],
    ['a version of another app', async () => sealed(version('v1'), keys.artifact, 'bank')],
    ['a version that the online key sealed', async () => sealed(version('v1'), keys.online)],
    ['a version that nobody sealed', async () => version('v1')],
    [
      'the files of another version under its seal',
      async () => {
        const { signatures } = (await sealed(version('v1'), keys.artifact)) as { signatures: [] };
        return { ...(await sealed(version('v1', 'b'), keys.artifact)), signatures };
      },
    ],
    [
      'the seal of a manifest',
      async () => {
        const { record, ...rest } = (await sealed(version('v1'), keys.artifact)) as {
          record: string;
        };
        const { signatures } = JSON.parse(await keys.artifact.seal(record));
        return { ...rest, record, signatures };
      },
    ],
  ])('%s is refused', async (_, make) => {
    await serve(1);
    await start();
    await serve(2, house({ v1: await make() }));
    expect(await start()).toBe(1);
    expect(errors).toEqual(['manifest_signature']);
  });
});

describe('endless-data attack', () => {
  it('a manifest without an end is broken off', async () => {
    const { response, bytes } = endless();
    served[MANIFEST] = response;
    await failure(() => start(), 'manifest_invalid');
    expect(bytes()).toBeLessThan(33 * 2 ** 20);
  });

  it('a key file without an end is broken off', async () => {
    const { response, bytes } = endless();
    served[KEYS] = response;
    await serve(1);
    await failure(() => start(), 'manifest_invalid');
    expect(bytes()).toBeLessThan(2 ** 20);
  });

  it('a refusal without an end is broken off', async () => {
    const { response, bytes } = endless();
    served[MANIFEST] = () => new Response(response().body, { status: 500 });
    await failure(() => start(), 'manifest_unreachable');
    expect(bytes()).toBeLessThan(2 ** 20);
  });

  it('a key file of too many lists is not followed', async () => {
    served[KEYS] = keyFile(...Array.from({ length: 101 }, () => first));
    await serve(1);
    await failure(() => start(), 'manifest_invalid');
  });
});

it('wrong-app attack: a manifest of another app under the same keys is refused', async () => {
  await serve(1);
  await start();
  await serve(2, {}, keys.online, { app: 'bank' });
  expect(await start()).toBe(1);
  expect(errors).toEqual(['manifest_wrong_app']);
});

describe('a change of keys', () => {
  let next: { artifact: TestSigner; online: TestSigner };
  let signers: readonly TestSigner[];
  beforeEach(async () => {
    next = await createSigners();
    signers = [keys.artifact, next.artifact];
    await serve(1, house({ v1: await sealed(version('v1'), keys.artifact) }));
    await start();
  });

  /** Serves list 2, and manifest 2 under it. */
  async function rotate(by: readonly TestSigner[], to = next, list = 2): Promise<void> {
    served[KEYS] = keyFile(first, await keyList(list, to, by));
    await serve(2, house({ v1: await sealed(version('v1'), to.artifact) }), to.online);
  }

  it('signed old and new is followed; then the old online key counts no more', async () => {
    await rotate(signers);
    expect(await start()).toBe(2);
    await serve(3);
    expect(await start()).toBe(2);
    expect(errors).toEqual(['manifest_signature']);
    served = {};
    expect(await start()).toBe(2);
  });

  it('of the artifact key alone is followed, from the seals that it broke', async () => {
    await rotate(signers, { ...next, online: keys.online });
    expect(await start()).toBe(2);
  });

  it('is followed by a device that was away for several, from the first', async () => {
    const last = await createSigners();
    served[KEYS] = keyFile(
      first,
      await keyList(2, next, signers),
      await keyList(3, last, [next.artifact, last.artifact]),
    );
    await serve(2, {}, last.online);
    expect(await start()).toBe(2);
    expect(await start({ database: await testDatabase() })).toBe(2);
  });

  it('is followed by a page that pins the new key, from where it is', async () => {
    await rotate(signers);
    const fresh = { database: await testDatabase(), publicKeys: [next.artifact.publicKey] };
    expect(await start(fresh)).toBe(2);
  });

  it.each<[string, () => readonly TestSigner[], number, string]>([
    ['signed by the new alone', () => [next.artifact], 2, 'manifest_signature'],
    ['signed by the old alone', () => [keys.artifact], 2, 'manifest_signature'],
    ['signed by the online key', () => [keys.online, next.artifact], 2, 'manifest_signature'],
    ['that leaves a list out', () => signers, 3, 'manifest_invalid'],
  ])('%s is refused', async (_, by, list, code) => {
    await rotate(by(), next, list);
    expect(await start()).toBe(1);
    expect(errors).toEqual([code]);
  });

  it('cannot be taken back: key-list rollback', async () => {
    await rotate(signers);
    await start();
    served[KEYS] = keyFile(first);
    await serve(9);
    expect(await start()).toBe(2);
    expect(errors).toEqual(['manifest_rollback']);
  });

  it('and no other list of the same number takes its place', async () => {
    await rotate(signers);
    await start();
    const rival = await createSigners();
    served[KEYS] = keyFile(first, await keyList(2, rival, [keys.artifact, rival.artifact]));
    await serve(9, {}, rival.online);
    expect(await start()).toBe(2);
    expect(errors).toEqual(['manifest_signature']);
  });

  it('nor a longer chain from an artifact key that was replaced, and stolen since', async () => {
    await rotate(signers);
    await start();
    const rival = await createSigners();
    served[KEYS] = keyFile(
      first,
      await keyList(2, rival, [keys.artifact, rival.artifact]),
      await keyList(3, rival, [rival.artifact]),
    );
    await serve(9, {}, rival.online);
    expect(await start()).toBe(2);
    expect(errors).toEqual(['manifest_signature']);
  });

  it('undoes a stolen online key that ran the sequence up: fast-forward attack', async () => {
    await serve(Number.MAX_SAFE_INTEGER);
    const source = device();
    await source.start();
    await rotate(signers);
    await source.refresh();
    expect(source.manifest?.sequence).toBe(2);
  });

  it('that cannot be fetched now may be later', async () => {
    await rotate(signers);
    const file = served[KEYS]!;
    served[KEYS] = () => new Response('busy', { status: 503 });
    const source = device();
    await source.start();
    expect(errors).toEqual(['manifest_unreachable']);
    served[KEYS] = file;
    await source.refresh();
    expect(source.manifest?.sequence).toBe(2);
  });
});
