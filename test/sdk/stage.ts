/** What the SDK's end-to-end tests stand on: a real collector, a built page, a real browser. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApp, startCollector } from '@siskin/collector';
import type { SiskinOptions } from '@siskin/sdk';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { BROWSER_ARGS, findBrowser } from '../../scripts/browser.js';
import { siskin } from '../../scripts/command.ts';
import { buildSite, serveSite } from '../../scripts/site.ts';
import { FaultyProxy } from './faulty-proxy.ts';

const APP = 'shop';
const MODELS = fileURLToPath(new URL('../../demo/models/', import.meta.url));

export interface Stage {
  proxy: FaultyProxy;
  browser: Browser;
  options: SiskinOptions;
  /** Opens the page, in a context of its own or in one that has been here before. */
  open(context?: BrowserContext): Promise<Page>;
  /** `siskin …` for this collector. */
  command(...args: string[]): Promise<Record<string, unknown>>;
  strike(): Promise<void>;
}

/**
 * The house model in ONNX; digits v1 and v2 in TensorFlow.js, whose runtime without a GPU is small
 * and quick to start: most tests need any runtime, not a particular one.
 */
export async function setStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'siskin-sdk-'));
  const data = join(folder, 'data');
  const { writeKey, publicKeys } = await createApp({ data, app: APP });
  const collector = await startCollector({ data, port: 0, log: 'silent' });
  const command = (...args: string[]) => siskin(...args, '--data', data);
  await command('publish', join(MODELS, 'digits/v1'), '--spec', 'siskin.tfjs.json');
  await command('publish', join(MODELS, 'digits/v2'), '--spec', 'siskin.tfjs.json');
  await command('publish', join(MODELS, 'house/v1'));
  const proxy = await FaultyProxy.start(collector.url);
  const out = join(folder, 'page');
  await buildSite('test/sdk/page', out);
  const site = await serveSite('test/sdk/page', 0, {}, out);
  const executablePath = findBrowser();
  const browser = await chromium.launch({
    args: BROWSER_ARGS,
    ...(executablePath && { executablePath }),
  });
  return {
    proxy,
    browser,
    command,
    options: {
      collector: proxy.url,
      app: APP,
      key: writeKey,
      publicKeys,
      backends: ['cpu', 'wasm'],
      windowSeconds: 3600,
      pollSeconds: 3600,
    },
    async open(context) {
      const page = await (context ?? (await browser.newContext())).newPage();
      await page.goto(site.url);
      return page;
    },
    async strike() {
      await browser.close();
      await site.close();
      await proxy.down();
      await collector.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A digit of the demo's own golden cases, as the 28 × 28 bytes that a page would have. */
export async function goldenDigit(): Promise<{ data: number[]; label: string }> {
  const text = await readFile(join(MODELS, 'digits/v1/selftest.json'), 'utf8');
  const [golden] = JSON.parse(text).cases;
  const [{ data }] = Object.values(golden.inputs) as [{ data: number[] }];
  const [{ data: shares }] = Object.values(golden.outputs) as [{ data: number[] }];
  return {
    data: data.map((share) => Math.round(share * 255)),
    label: String(shares.indexOf(Math.max(...shares))),
  };
}
