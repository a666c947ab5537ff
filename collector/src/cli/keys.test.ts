/** `siskin keys`, `verify` and `export`, as a person runs them. */
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Exported } from '../exporting.ts';
import { serve, siskin } from '../testing/command.ts';
import { temporaryFolder } from '../testing/folder.ts';
import { MODEL, writeModel } from '../testing/model.ts';
import type { Check, Verification } from '../verifying.ts';

let folder: string;
let data: string;
let out: string;
let key: string;

beforeEach(async () => {
  folder = temporaryFolder();
  [data, out] = [join(folder, 'data'), join(folder, 'out')];
  const created = await siskin(['init', '--data', data, '--app', 'shop', '--json']);
  key = created.json().publicKeys[0];
});

const run = (...args: string[]) => siskin([...args, '--json']);
const exportHere = (...args: string[]) => run('export', out, '--data', data, ...args);
const verify = (where: string, ...args: string[]) => run('verify', where, '--key', key, ...args);
const failed = ({ checks }: Verification): Check[] => checks.filter(({ ok }) => !ok);

/** A collector with version v1 published. */
async function published() {
  const server = await serve(['--data', data]);
  const result = await siskin(['publish', writeModel(join(folder, 'v1'), 'v1'), '--data', data]);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  return server;
}

/** The exported files on a static host. @returns its URL. */
async function host(): Promise<string> {
  const server = createServer((request, response) => {
    const path = join(out, request.url!);
    if (!existsSync(path) || !statSync(path).isFile()) response.writeHead(404).end();
    else response.end(readFileSync(path));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('siskin verify', () => {
  it('passes a collector, a manifest’s address, an exported folder and a static host', async () => {
    const { url } = await published();
    const collector = await verify(url, '--app', 'shop');
    expect(collector).toMatchObject({ code: 0, stderr: '' });
    expect(collector.json()).toMatchObject({ app: 'shop', sequence: 2, keyList: 1, ok: true });
    const { checks } = collector.json() as Verification;
    expect(checks.map(({ what }) => what)).toEqual([
      'key list',
      'manifest',
      `${MODEL}/v1/model.onnx`,
      `${MODEL}/v1/selftest.json`,
    ]);
    expect((await exportHere()).code).toBe(0);
    const hosted = await host();
    for (const where of [
      new URL('v1/apps/shop/manifest', url).href,
      out,
      new URL('v1/apps/shop/manifest.json', hosted).href,
    ]) {
      expect(await verify(where)).toMatchObject({ code: 0, stderr: '' });
    }
    const told = await siskin(['verify', out, '--key', key]);
    expect(told.stdout).toMatch(/ok +manifest +sequence 3, valid until .*\n/);
    expect(told.stdout).toContain('all 4 checks passed');
  }, 60_000);

  it('finds what is wrong with files: changed, cut, too long, gone', async () => {
    await published();
    const { files } = (await exportHere()).json() as Exported;
    const model = files
      .map((file) => join(out, file))
      .sort((a, b) => statSync(a).size - statSync(b).size);
    const path = model.find((file) => file.includes('artifacts'))!;
    const bytes = readFileSync(path);
    const code = async () => {
      const result = await verify(out);
      expect(result.code).toBe(1);
      return failed(result.json()).map((check) => check.code);
    };
    const flipped = Buffer.from(bytes);
    flipped[0]! ^= 1;
    writeFileSync(path, flipped);
    expect(await code()).toEqual(['artifact_hash']);
    writeFileSync(path, Buffer.concat([bytes, Buffer.from('x')]));
    expect(await code()).toEqual(['artifact_hash']);
    truncateSync(path, bytes.length - 1);
    expect(await code()).toEqual(['artifact_truncated']);
    rmSync(path);
    expect(await code()).toEqual(['download_failed']);
  }, 60_000);

  it('finds another key, another app, a low sequence, an end', async () => {
    await published();
    await exportHere('--validity', '0.0001');
    const other = (
      await siskin(['init', '--data', join(folder, 'b'), '--app', 'b', '--json'])
    ).json();
    const foreign = await run('verify', out, '--key', other.publicKeys[0]);
    expect([foreign.code, failed(foreign.json())[0]!.code]).toEqual([1, 'manifest_signature']);
    const where = join(out, 'v1/apps/shop/manifest.json');
    const late = await verify(where, '--app', 'bank', '--min-sequence', '99');
    expect(late.code).toBe(1);
    expect(failed(late.json()).map(({ code }) => code)).toEqual([
      'manifest_expired',
      'manifest_wrong_app',
      'manifest_rollback',
    ]);
  }, 60_000);

  it('is misused without a key, or where there is nothing', async () => {
    for (const args of [
      [out],
      [out, '--key', 'short'],
      [out, '--key', key],
      ['http://127.0.0.1:1/', '--key', key],
    ]) {
      const result = await siskin(['verify', ...args]);
      expect(result).toMatchObject({ code: 2, stdout: '' });
    }
    const gone = await siskin(['verify', 'http://127.0.0.1:1/manifest', '--key', key]);
    expect(gone).toMatchObject({ code: 2, stdout: '' });
    expect(gone.stderr).toContain('[manifest_unreachable]');
  });
});

describe('siskin export', () => {
  it('writes the layout of a collector, and the collector goes on as before', async () => {
    const { url } = await published();
    const exported = (await exportHere('--validity', '48')).json() as Exported;
    expect(exported.files.slice(-2)).toEqual([
      'v1/apps/shop/keys.json',
      'v1/apps/shop/manifest.json',
    ]);
    expect(readdirSync(join(out, 'v1/artifacts')).sort()).toEqual(
      exported.files
        .slice(0, -2)
        .map((file) => file.split('/').at(-1)!)
        .sort(),
    );
    const hours = (Date.parse(exported.expires!) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(47.9);
    expect(hours).toBeLessThanOrEqual(48);
    const served = (await verify(url, '--app', 'shop')).json() as Verification;
    expect(served.sequence).toBe(exported.sequence! + 1);
    expect((Date.parse(served.expires!) - Date.now()) / 3_600_000).toBeLessThanOrEqual(24);
  }, 60_000);

  it('takes what a collector elsewhere serves, as it is, and nothing that its key did not sign', async () => {
    const { url } = await published();
    const from = ['export', out, '--url', url, '--app', 'shop', '--key'];
    const exported = await run(...from, key);
    expect(exported).toMatchObject({ code: 0, stderr: '' });
    const manifest = await (await fetch(new URL('v1/apps/shop/manifest', url))).text();
    expect(readFileSync(join(out, 'v1/apps/shop/manifest.json'), 'utf8')).toBe(manifest);
    rmSync(out, { recursive: true });
    const wrong = await siskin([...from, key.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))]);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('[manifest_signature]');
    expect(existsSync(out)).toBe(false);
    expect((await siskin(['export', out])).stderr).toContain('either --data or --url');
  }, 60_000);
});

describe('siskin keys', () => {
  it('keep the artifact key elsewhere, publish with it, and rotate', async () => {
    await published();
    const offline = join(folder, 'offline.pem');
    renameSync(join(data, 'artifact-key.pem'), offline);
    const v2 = writeModel(join(folder, 'v2'), 'v2');
    const bare = await siskin(['publish', v2, '--data', data]);
    expect(bare).toMatchObject({ code: 2, stdout: '' });
    expect(bare.stderr).toContain('--artifact-key');
    const signed = await siskin(['publish', v2, '--data', data, '--artifact-key', offline]);
    expect(signed).toMatchObject({ code: 0, stderr: '' });

    const next = join(folder, 'next.pem');
    const made = (await run('keys', 'new', next)).json();
    expect(statSync(next).mode & 0o777).toBe(0o600);
    expect((await run('keys', 'new', next)).code).toBe(2);
    const rotated = await run(
      ...['keys', 'rotate', '--online', '--data', data],
      ...['--artifact-key', offline, '--new-artifact-key', next],
    );
    expect(rotated.json()).toMatchObject({ list: { version: 2 }, publicKeys: [made.publicKey] });
    expect((await run('keys', 'show', '--data', data)).json()).toMatchObject({
      publicKeys: [made.publicKey],
      artifactKeyHere: false,
    });
    expect((await exportHere()).json()).toMatchObject({ keyList: 2, ok: true });
    expect((await verify(out)).code).toBe(0);
  }, 60_000);

  it('tell what is missing', async () => {
    const rotate = (...args: string[]) => siskin(['keys', 'rotate', '--data', data, ...args]);
    expect((await rotate()).stderr).toContain('--online or --artifact');
    expect((await rotate('--artifact-key', join(folder, 'none'))).stderr).toContain('no key file');
    writeFileSync(join(folder, 'bad.pem'), 'no key');
    expect((await rotate('--artifact-key', join(folder, 'bad.pem'))).stderr).toContain('Ed25519');
    expect((await siskin(['keys', 'show', '--data', folder])).stderr).toContain('[data_dir]');
  });
});
