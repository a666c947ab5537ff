/**
 * Which drift is it? The textbook's two answers, on real sales in Ames: devices in a real browser value
 * houses with the demo's model, are told later what the houses were sold for, and send nothing but
 * counts; a real collector says what has moved.
 */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Collector,
  type ConceptReport,
  createApp,
  type Report,
  startCollector,
} from '@siskin/collector';
import type { SiskinOptions } from '@siskin/sdk';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomFrom, shuffled } from '../../demo/data/random.ts';
import { BROWSER_ARGS, findBrowser } from '../../scripts/browser.js';
import { siskin } from '../../scripts/command.ts';
import { buildSite, type Site, serveSite } from '../../scripts/site.ts';
import { largerHouses, MODEL, median, pricePerFoot, type Valued, valuedHouses } from './houses.ts';

/** What stands on the page. */
declare const sdk: typeof import('@siskin/sdk');

const APP = 'estate';
const WINDOW_S = 60;
/** The alarm asks for persistence. */
const WINDOWS = 4;
const DEVICES_A_WINDOW = 12;
const HOUSES_A_DEVICE = 50;

let folder: string;
let site: Site;
let browser: Browser;
let houses: Awaited<ReturnType<typeof valuedHouses>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siskin-concept-'));
  houses = await valuedHouses();
  await cp(fileURLToPath(MODEL), join(folder, 'house'), { recursive: true });
  await writeFile(join(folder, 'house/reference.json'), JSON.stringify(houses.profile));
  const out = join(folder, 'page');
  await buildSite('test/sdk/page', out);
  site = await serveSite('test/sdk/page', 0, {}, out);
  const executablePath = findBrowser();
  browser = await chromium.launch({
    args: BROWSER_ARGS,
    ...(executablePath && { executablePath }),
  });
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await site?.close();
  await rm(folder, { recursive: true, force: true });
});

type Sale = { inputs: Valued['inputs']; price: number };

/**
 * One device, from installation to removal: values houses on one visit, and is told on another one
 * what they were sold for.
 */
async function device(page: Page, options: SiskinOptions, sales: readonly Sale[]): Promise<void> {
  const waiting = await page.evaluate(
    async ([options, sales]) => {
      const visit = sdk.createSiskin(options);
      const model = await visit.model('house');
      const ids: string[] = [];
      for (const { inputs } of sales) ids.push((await model.predict(inputs)).id);
      await visit.close();

      const later = sdk.createSiskin(options);
      await Promise.all(ids.map((id, i) => later.outcome(id, sales[i]!.price)));
      const { waiting } = await later.flush();
      await later.close();
      await new Promise((resolve, reject) => {
        const removed = indexedDB.deleteDatabase(`siskin-${options.app}`);
        removed.onsuccess = resolve;
        removed.onerror = reject;
      });
      return waiting;
    },
    [options, sales] as const,
  );
  expect(waiting).toBe(0);
}

/** A fleet of fresh devices values houses drawn from `sold`, for some windows. */
async function reportOn(name: string, sold: readonly Sale[]): Promise<Report> {
  const data = join(folder, name);
  // The clock starts where a window does, and only this test moves it on.
  const clock = { now: Math.floor(Date.now() / (WINDOW_S * 1000)) * WINDOW_S * 1000 };
  const { writeKey, publicKeys, adminSecret } = await createApp({ data, app: APP });
  const collector: Collector = await startCollector({
    data,
    port: 0,
    log: 'silent',
    window: WINDOW_S,
    now: () => clock.now,
  });
  try {
    const model = join(folder, 'house');
    await siskin('publish', model, '--spec', 'siskin.tfjs.json', '--data', data);
    const options: SiskinOptions = {
      collector: collector.url,
      app: APP,
      key: writeKey,
      publicKeys,
      backends: ['cpu', 'wasm'],
      windowSeconds: 3600,
      pollSeconds: 3600,
    };
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(site.url);
    const random = randomFrom(7);
    for (let window = 0; window < WINDOWS; window++) {
      for (let i = 0; i < DEVICES_A_WINDOW; i++) {
        await device(page, options, shuffled(sold, random).slice(0, HOUSES_A_DEVICE));
      }
      clock.now += WINDOW_S * 1000;
    }
    await context.close();
    const path = `v1/admin/apps/${APP}/models/house/report?since=1h`;
    const response = await fetch(new URL(path, collector.url), {
      headers: { Authorization: `Bearer ${adminSecret}` },
    });
    return (await response.json()) as Report;
  } finally {
    await collector.close();
  }
}

/** What devices counted of inputs and of the model's answers. */
function dataIn(report: Report) {
  const [version] = report.versions;
  return version!.features.filter(({ name }) => /^(input|output)/.test(name));
}

function conceptIn(report: Report): ConceptReport {
  const [version] = report.versions;
  expect(version!.predictions).toMatchObject({
    counted: WINDOWS * DEVICES_A_WINDOW * HOUSES_A_DEVICE,
    failed: 0,
  });
  expect(version!.concept!.labels).toBe(WINDOWS * DEVICES_A_WINDOW * HOUSES_A_DEVICE);
  return version!.concept!;
}

const drifting = (report: Report) =>
  dataIn(report).flatMap(({ name, state }) => (state === 'drift' ? [name] : []));

describe('on houses in Ames', () => {
  it('the same houses at prices up by 20 % are concept drift, and no data drift', async () => {
    const dearer = houses.heldOut.map(({ inputs, price }) => ({ inputs, price: price * 1.2 }));
    const report = await reportOn('dearer', dearer);
    const concept = conceptIn(report);
    expect(concept.verdict).toBe('concept drift');
    // What the model now lacks is a fifth of the mean price.
    const rise =
      (0.2 * houses.heldOut.reduce((sum, { price }) => sum + price, 0)) / houses.heldOut.length;
    expect(Math.abs(concept.residuals!.bias.conceptShift.value / rise - 1)).toBeLessThan(0.15);
    expect(concept.inputShift!.p).toBeGreaterThan(0.01);
    // There was data enough to find a shift, and none was found.
    expect(dataIn(report)).toHaveLength(14);
    expect(dataIn(report).filter(({ state }) => state === 'not-enough-data')).toEqual([]);
    expect(drifting(report)).toEqual([]);
  }, 300_000);

  it('larger houses at the same price per square foot are data drift, and no concept drift', async () => {
    const larger = largerHouses(houses.heldOut);
    expect(larger.length).toBeGreaterThan(HOUSES_A_DEVICE);
    expect(pricePerFoot(larger) / pricePerFoot(houses.heldOut)).toBeCloseTo(1, 1);
    const size = (some: readonly Valued[]) => median(some.map(({ inputs }) => inputs.living_area));
    expect(size(larger) / size(houses.heldOut)).toBeGreaterThan(1.25);

    const report = await reportOn('larger', larger);
    const concept = conceptIn(report);
    // Dearer houses are harder to value to the dollar: that is the inputs' doing.
    expect(concept.verdict).toBe('inputs explain it');
    expect(concept.conceptShift!.p).toBeGreaterThan(0.01);
    expect(concept.residuals!.bias.conceptShift.p).toBeGreaterThan(0.01);
    expect(drifting(report)).toContain('input/living_area');
  }, 300_000);
});
