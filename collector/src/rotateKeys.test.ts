import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifest, parseProfile, parseSpec } from '@siskin/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { sealWith, statementOf } from './delivery/sealing.ts';
import { signerOf } from './delivery/signing.ts';
import { openPublished } from './published.ts';
import { type Rotation, rotateKeys } from './rotateKeys.ts';
import { APP, codeOf, startTestCollector, type TestCollector } from './testing/collector.ts';
import { MODEL, modelBytes, PROFILE, selfTest, sha256, spec } from './testing/model.ts';

let collector: TestCollector;
beforeEach(async () => {
  collector = await startTestCollector();
  await collector.publish('v1');
});

const text = async (name: string) => (await collector.fetch(`v1/apps/${APP}/${name}`)).text();

/** As a device that pins these opens what is served now. */
const open = async (publicKeys: readonly string[] = collector.keys.publicKeys) =>
  openPublished({ manifest: await text('manifest'), keys: await text('keys') }, publicKeys);

const rotate = (changes: Partial<Rotation>) =>
  rotateKeys({ data: collector.data, online: false, artifact: false, ...changes });

const pems = () =>
  readdirSync(collector.data)
    .filter((name) => name.endsWith('.pem'))
    .sort();

const newKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Takes the artifact key out of the data folder. @returns it. */
function takeAway(name = 'artifact-key.pem'): string {
  const path = join(collector.data, name);
  const pem = readFileSync(path, 'utf8');
  rmSync(path);
  return pem;
}

/** What `siskin publish --artifact-key` sends along. */
function sealed(version: string, pem: string, about: object = {}) {
  const named = (name: string, content: Buffer | string) => ({
    name,
    sha256: sha256(content),
    bytes: Buffer.byteLength(content),
  });
  const statement = statementOf(APP, {
    spec: parseSpec(spec(version)),
    profile: parseProfile(PROFILE),
    files: [named('model.onnx', modelBytes(version))],
    selfTest: named('selftest.json', JSON.stringify(selfTest(version))),
  });
  return { seal: sealWith(signerOf(pem), JSON.stringify({ ...statement, ...about })) };
}

describe('a new app', () => {
  it('has two keys and a list of them; pages pin the artifact key', async () => {
    const { list, manifest } = await open();
    expect(pems()).toEqual(['artifact-key.pem', 'signing-key.pem']);
    expect(list).toMatchObject({ version: 1, artifactKeys: collector.keys.publicKeys });
    expect(list!.onlineKeys).toEqual([
      signerOf(readFileSync(join(collector.data, 'signing-key.pem'), 'utf8')).publicKey,
    ]);
    expect(list!.onlineKeys).not.toEqual(list!.artifactKeys);
    expect(Object.keys(manifest.models[MODEL]!.versions)).toEqual(['v1']);
  });

  it('serves the list with an ETag', async () => {
    const response = await collector.fetch(`v1/apps/${APP}/keys`);
    const headers = { 'If-None-Match': response.headers.get('etag')! };
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect((await collector.fetch(`v1/apps/${APP}/keys`, { headers })).status).toBe(304);
  });
});

describe('rotating', () => {
  it('the online key: while the collector runs, pages need no change', async () => {
    const before = await open();
    const { list } = await rotate({ online: true });
    expect(list.version).toBe(2);
    expect(list.artifactKeys).toEqual(before.list!.artifactKeys);
    expect(list.onlineKeys).not.toEqual(before.list!.onlineKeys);
    const after = await open();
    expect(after.list).toEqual(list);
    expect(after.manifest.sequence).toBe(before.manifest.sequence + 1);
    expect(pems()).toEqual(['artifact-key.pem', 'online-key-2.pem']);
    await collector.publish('v2');
    await collector.rollout('start', { version: 'v2', canary: 10 });
    expect(Object.keys((await open()).manifest.models[MODEL]!.versions)).toEqual(['v1', 'v2']);
  });

  it('the artifact key: every version is sealed anew, old and new pins both lead there', async () => {
    const { manifest } = await open();
    const { publicKeys } = await rotate({ artifact: true });
    expect(publicKeys).not.toEqual(collector.keys.publicKeys);
    for (const pins of [collector.keys.publicKeys, publicKeys]) {
      const { models } = (await open(pins)).manifest;
      expect(models).toEqual(manifest.models);
    }
    const credentials = readFileSync(join(collector.data, 'credentials.json'), 'utf8');
    expect(JSON.parse(credentials)).toMatchObject({ publicKeys, apps: { [APP]: {} } });
    await rotate({ artifact: true, online: true });
    expect((await open()).list!.version).toBe(3);
  });

  it('needs the artifact key, which an online key cannot stand in for', async () => {
    const pem = takeAway();
    await expect(rotate({ online: true })).rejects.toMatchObject({ code: 'usage' });
    const online = readFileSync(join(collector.data, 'signing-key.pem'), 'utf8');
    const wrong = rotate({ online: true, artifactKey: online });
    await expect(wrong).rejects.toMatchObject({ code: 'usage' });
    expect((await open()).list!.version).toBe(1);
    await rotate({ online: true, artifactKey: pem });
    expect((await open()).list!.version).toBe(2);
    expect(pems()).toEqual(['online-key-2.pem']);
  });

  it('keeps the next artifact key out of the folder where it is handed in', async () => {
    const pem = newKey();
    const { publicKeys } = await rotate({ artifact: true, newArtifactKey: pem });
    expect(publicKeys).toEqual([signerOf(pem).publicKey]);
    expect(pems()).toEqual(['signing-key.pem']);
    await open();
  });

  it('of nothing is misuse; an end alone is a new list', async () => {
    await expect(rotate({})).rejects.toMatchObject({ code: 'usage' });
    const expires = Date.parse('2030-01-01T00:00:00Z');
    const { list } = await rotate({ expires });
    expect(list).toMatchObject({ version: 2, expires: '2030-01-01T00:00:00.000Z' });
  });
});

describe('with the artifact key elsewhere', () => {
  it('the collector publishes what the publisher has sealed, and nothing else', async () => {
    const pem = takeAway();
    const bare = await collector.publish('v2');
    expect([bare.status, await codeOf(bare)]).toEqual([400, 'usage']);
    const foreign = await collector.publish('v2', sealed('v2', newKey()));
    expect(await codeOf(foreign)).toBe('manifest_signature');
    const other = await collector.publish('v2', sealed('v2', pem, { app: 'bank' }));
    expect(await codeOf(other)).toBe('manifest_signature');
    const changed = await collector.publish('v2', sealed('v1', pem));
    expect(await codeOf(changed)).toBe('manifest_signature');
    const good = await collector.publish('v2', sealed('v2', pem));
    expect(good.status).toBe(201);
    await collector.rollout('start', { version: 'v2', canary: 10 });
    expect(Object.keys((await open()).manifest.models[MODEL]!.versions)).toEqual(['v1', 'v2']);
  });

  it('manifests are renewed and rolled back all the same', async () => {
    takeAway();
    await collector.restart();
    expect((await open()).manifest.sequence).toBe(2);
  });
});

describe('a folder of before there were lists', () => {
  /** One key, no list: as an earlier release made it. */
  async function legacy(): Promise<string> {
    const { data } = collector;
    await collector.close();
    for (const name of ['keys.json', 'artifact-key.pem', 'siskin.db']) {
      rmSync(join(data, name), { force: true });
    }
    rmSync(join(data, 'credentials.json'));
    collector = await startTestCollector({ data });
    return collector.keys.publicKeys[0]!;
  }

  it('goes on: its one key signs plain manifests, and there are no lists', async () => {
    const key = await legacy();
    await collector.publish('v1');
    expect(pems()).toEqual(['signing-key.pem']);
    expect((await collector.fetch(`v1/apps/${APP}/keys`)).status).toBe(404);
    const { manifest, list } = await openPublished(
      { manifest: await text('manifest'), keys: undefined },
      [key],
    );
    expect(list).toBeUndefined();
    expect(parseManifest(manifest)).toEqual(manifest);
  });

  it('begins lists by a rotation; who pins the one key is led to the first list', async () => {
    const key = await legacy();
    await collector.publish('v1');
    const { list } = await rotate({ online: true });
    expect([...list.artifactKeys, ...list.onlineKeys]).not.toContain(key);
    for (const pins of [[key], list.artifactKeys]) {
      const { manifest } = await open(pins);
      expect(Object.keys(manifest.models[MODEL]!.versions)).toEqual(['v1']);
    }
    expect(pems()).toEqual(['artifact-key-1.pem', 'online-key-1.pem']);
  });
});

it('other .pem files in the folder are left alone, and read as no key', async () => {
  writeFileSync(join(collector.data, 'tls.pem'), 'a certificate');
  await rotate({ online: true });
  expect(pems()).toContain('tls.pem');
  renameSync(join(collector.data, 'online-key-2.pem'), join(collector.data, 'online-key-9.pem'));
  await open();
});
