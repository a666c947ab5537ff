/**
 * An exported app on a static host, in a real browser, without any collector: the files, two headers,
 * and nothing else.
 */
import { createReadStream, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SiskinOptions } from '@siskin/sdk';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { goldenDigit, type Stage, setStage } from './stage.ts';

declare const sdk: typeof import('@siskin/sdk');

vi.setConfig({ testTimeout: 120_000 });

let stage: Stage;
let files: string;
let host: Server;
let asked: string[];
let options: SiskinOptions;

beforeAll(async () => {
  files = await mkdtemp(join(tmpdir(), 'siskin-static-'));
  stage = await setStage();
  await stage.command('export', files);
  // From here on there is no collector that a device could reach.
  await stage.proxy.down();
  asked = [];
  host = createServer((request, response) => {
    const path = join(files, new URL(request.url!, 'http://host').pathname);
    asked.push(request.url!);
    const headers = {
      'Access-Control-Allow-Origin': '*',
      'Cross-Origin-Resource-Policy': 'cross-origin',
    };
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(200, headers);
      createReadStream(path).pipe(response);
    } else response.writeHead(404, headers).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => host.once('listening', resolve));
  const { app, publicKeys, backends } = stage.options;
  const manifest = `http://127.0.0.1:${(host.address() as AddressInfo).port}/v1/apps/${app}/manifest.json`;
  options = { app, publicKeys, manifest, backends: backends! };
}, 180_000);

afterAll(async () => {
  host?.closeAllConnections();
  host?.close();
  await stage?.strike();
  await rm(files, { recursive: true, force: true });
});

/** Loads the digits and asks one. */
async function visit(given: Partial<SiskinOptions> = {}) {
  const { data } = await goldenDigit();
  const page = await stage.open();
  return page.evaluate(
    async ([all, pixels]) => {
      const client = sdk.createSiskin(all);
      try {
        await client.setConsent(true);
        const model = await client.model('digits');
        const image = { data: Uint8ClampedArray.from(pixels), width: 28, height: 28 };
        const prediction = await model.predict(image);
        await prediction.feedback('accept');
        const counted = await client.inspect();
        await client.close();
        return { label: prediction.label, version: prediction.version, counted };
      } catch (error) {
        return { code: (error as InstanceType<typeof sdk.SiskinError>).code };
      }
    },
    [{ ...options, ...given }, data] as const,
  );
}

it('answers, and counts nothing', async () => {
  const { label } = await goldenDigit();
  expect(await visit()).toEqual({ label, version: 'v1', counted: [] });
  const kinds = asked.map((path) => path.replace(/[0-9a-f]{64}$/, 'SHA'));
  const apps = `/v1/apps/${options.app}`;
  expect(kinds.slice(0, 2)).toEqual([`${apps}/manifest.json`, `${apps}/keys.json`]);
  expect(new Set(kinds.slice(2))).toEqual(new Set(['/v1/artifacts/SHA']));
});

it('refuses a host that serves a key list of its own, or an older manifest than the page takes', async () => {
  expect(await visit({ minSequence: 1000 })).toEqual({ code: 'manifest_rollback' });
  const path = join(files, `v1/apps/${options.app}/keys.json`);
  const file = readFileSync(path, 'utf8');
  const { lists } = JSON.parse(file);
  lists[0].payload = Buffer.from(
    Buffer.from(lists[0].payload, 'base64')
      .toString()
      .replace(/"version":1/, '"version":2'),
  ).toString('base64');
  writeFileSync(path, JSON.stringify({ v: 1, lists }));
  expect(await visit()).toEqual({ code: 'manifest_signature' });
  writeFileSync(path, file);
});
