/**
 * The demo as people meet it: the built page, isolated, in a real Chromium, against a real collector
 * with the published models. What leaves the page is recorded and read.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseBatch, SERIES, totalOf } from '@siskin/protocol';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { BROWSER_ARGS, findBrowser } from '../scripts/browser.js';
import { bringUp, type Stack } from '../scripts/stack.ts';
import { until } from '../scripts/until.ts';

type Model = 'house' | 'digits';

/** As the page shows it. */
interface Sealed {
  id: string;
  entries: { model: string; series: Record<string, number[]> }[];
}

let folder: string;
let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siskin-demo-'));
  stack = await bringUp({
    data: join(folder, 'data'),
    out: join(folder, 'page'),
    ports: { collector: 0, demo: 0 },
    window: 60,
    page: { windowSeconds: 600, pollSeconds: 600 },
    say: () => undefined,
  });
  const executablePath = findBrowser();
  browser = await chromium.launch({
    args: BROWSER_ARGS,
    ...(executablePath && { executablePath }),
  });
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Visit {
  page: Page;
  context: BrowserContext;
  /** Everything that asked for something over the network, workers included. */
  requests: { method: string; url: string; body: Buffer | null }[];
  /** What the console or an uncaught error complained about. */
  complaints: string[];
}

async function visit(query = '', context?: BrowserContext): Promise<Visit> {
  const visited: BrowserContext =
    context ?? (await browser.newContext({ reducedMotion: 'reduce' }));
  if (context === undefined) onTestFinished(() => visited.close());
  const page = await visited.newPage();
  const seen: Visit = { page, context: visited, requests: [], complaints: [] };
  visited.on('request', (request) =>
    seen.requests.push({
      method: request.method(),
      url: request.url(),
      body: request.postDataBuffer(),
    }),
  );
  page.on('pageerror', (error) => seen.complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) seen.complaints.push(message.text());
  });
  await page.goto(stack.site.url + query);
  for (const model of ['house', 'digits'] as const) await inState(page, model, 'ready');
  return seen;
}

const inState = (page: Page, model: Model, state: string) =>
  page
    .getByTestId(model)
    .and(page.locator(`[data-state="${state}"]`))
    .waitFor({ timeout: 60_000 });

const text = async (within: Locator | Page, part: string) =>
  (await within.getByTestId(part).first().textContent())?.trim() ?? '';

/** Does something to a card and waits for the answer to it. */
async function ask(page: Page, model: Model, act: () => Promise<unknown>): Promise<string> {
  const card = page.getByTestId(model);
  const answers = async () => Number((await card.getAttribute('data-answers')) ?? 0);
  const before = await answers();
  await act();
  await until(`the ${model} card answers`, 30, async () => (await answers()) > before);
  return text(card, 'answer');
}

const dollars = (price: string) => Number(price.replaceAll(/[$,]/g, ''));

function batchesOf({ requests }: Visit) {
  return requests
    .filter(({ url, method }) => method === 'POST' && url.includes('/v1/batches/'))
    .map(({ body }) => (body![0] === 0x1f ? gunzipSync(body!) : body!).toString());
}

async function draw(page: Page, points: readonly (readonly [x: number, y: number])[]) {
  const pad = page.getByTestId('pad');
  await pad.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await pad.boundingBox())!;
  const at = ([u, v]: readonly [number, number]) => [x + u * width, y + v * height] as const;
  await page.mouse.move(...at(points[0]!));
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 12 });
  await page.mouse.up();
}

/** Tab, as often as it takes. */
async function tabTo(page: Page, target: Locator) {
  for (let i = 0; i < 80; i++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${target}`);
}

const SEVEN = [
  [0.25, 0.22],
  [0.75, 0.22],
  [0.45, 0.8],
] as const;

// A cold start of three runtimes on a small machine takes seconds, not the default five.
describe('the demo', { timeout: 120_000 }, () => {
  test('prices houses near what they sold for, and reads digits as their writers meant them', async () => {
    const { page, complaints } = await visit();
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    const house = page.getByTestId('house');
    for (const [name, sold] of [
      ['1954, North Ames', 153_000],
      ['1928, Crawford', 177_000],
      ['1957, Old Town', 112_500],
    ] as const) {
      const price = await ask(page, 'house', () => page.getByRole('button', { name }).click());
      expect(price).toMatch(/^\$\d{2,3},\d{3}$/);
      expect(Math.abs(dollars(price) - sold) / sold).toBeLessThan(0.25);
      expect(await page.getByTestId('actual-price').inputValue()).toBe(String(sold));
    }
    expect(await text(house, 'version')).toBe('v1');
    expect(await text(house, 'arm')).toBe('champion');
    expect(await text(house, 'backend')).toBe('WASM');
    expect(await text(house, 'decision')).toBe('assist');
    expect(await text(house, 'latency')).toMatch(/^\d+(\.\d)? ms$/);

    const digits = page.getByTestId('digits');
    const read = [];
    for (let digit = 0; digit < 10; digit++) {
      const button = page.getByRole('button', { name: `Sample digit ${digit}` });
      read.push(await ask(page, 'digits', () => button.click()));
    }
    // Version 1 is right about 19 of 20 held-out digits.
    expect(read.filter((label, digit) => label === String(digit)).length).toBeGreaterThanOrEqual(9);
    expect(await text(digits, 'confidence')).toMatch(/^\d{1,3}\.\d %$/);
    expect(await digits.getByTestId('bars').getByRole('listitem').count()).toBe(10);
    await page.getByTestId('clear').click();
    expect(await ask(page, 'digits', () => draw(page, SEVEN))).toBe('7');
    expect(complaints).toEqual([]);
  });

  test('answers while one types, and takes a field left empty or a place it does not know', async () => {
    const { page, complaints } = await visit();
    const area = page.getByLabel('Living area');
    const small = dollars(await ask(page, 'house', () => area.fill('900')));
    const large = dollars(await ask(page, 'house', () => area.fill('2400')));
    expect(large).toBeGreaterThan(small * 1.2);
    const typical = dollars(await ask(page, 'house', () => area.fill('')));
    expect(typical).toBeGreaterThan(small);
    expect(typical).toBeLessThan(large);
    expect(await page.getByText('Missing: the model takes').count()).toBe(1);
    await ask(page, 'house', () => page.getByRole('button', { name: 'Northridge' }).click());
    expect(await page.getByLabel('Neighbourhood').inputValue()).toBe('Northridge Heights');
    const series = await text(page, 'sent-series');
    expect(series).toContain('input/neighbourhood');
    expect(complaints).toEqual([]);
  });

  test('can be used by keyboard alone', async () => {
    const { page, complaints } = await visit();
    const { keyboard } = page;
    await keyboard.press('Tab');
    expect(await page.locator(':focus').textContent()).toBe('Skip to the models');
    await tabTo(page, page.getByLabel('Living area'));
    const price = dollars(await ask(page, 'house', () => keyboard.type('1999')));
    await tabTo(page, page.getByLabel('Bedrooms'));
    expect(dollars(await ask(page, 'house', () => keyboard.press('ArrowUp')))).not.toBe(price);
    expect(await page.getByLabel('Bedrooms').inputValue()).toBe('4');
    const house = page.getByTestId('house');
    await tabTo(page, house.getByRole('button', { name: 'Accept' }));
    await keyboard.press('Enter');
    await house.getByText('Accepted').waitFor();
    await tabTo(page, page.getByLabel('What it sold for'));
    await keyboard.type('123457');
    await keyboard.press('Enter');
    await house.getByText('the $123,457 paid').waitFor();

    await tabTo(page, page.getByTestId('pad'));
    await keyboard.press('Space');
    await page.getByTestId('pad-says').getByText('Pen down').waitFor({ state: 'attached' });
    const one = await ask(page, 'digits', async () => {
      for (let i = 0; i < 10; i++) await keyboard.press('ArrowDown');
    });
    expect(one).toBe('1');
    await keyboard.press('Delete');
    await tabTo(page, page.getByRole('button', { name: 'Sample digit 8' }));
    expect(await ask(page, 'digits', () => keyboard.press('Enter'))).toBe('8');
    const digits = page.getByTestId('digits');
    await tabTo(page, digits.getByRole('button', { name: 'Override' }));
    await keyboard.press('Enter');
    await tabTo(page, digits.getByTestId('corrections').getByRole('button', { name: '3' }));
    await keyboard.press('Space');
    await digits.getByText('It was a 3').waitFor();
    await tabTo(page, page.getByRole('button', { name: 'Send now' }));
    await keyboard.press('Enter');
    await page.getByTestId('events').getByText('acknowledged').first().waitFor();
    expect(complaints).toEqual([]);
  });

  test('sends counts, and nothing that was entered, drawn or answered', async () => {
    const seen = await visit();
    const { page } = seen;
    await ask(page, 'house', () => page.getByLabel('Living area').fill('1777'));
    await ask(page, 'house', () => page.getByLabel('Lot').fill('7919'));
    const price = await ask(page, 'house', () =>
      page.getByLabel('Neighbourhood').selectOption('Crawford'),
    );
    await page.getByTestId('house').getByRole('button', { name: 'Accept' }).click();
    await page.getByLabel('What it sold for').fill('123457');
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('the $123,457 paid').waitFor();
    await ask(page, 'digits', () => draw(page, SEVEN));
    await page.getByTestId('digits').getByRole('button', { name: 'Override' }).click();
    await page.getByTestId('corrections').getByRole('button', { name: '4' }).click();
    await page.getByText('It was a 4').waitFor();
    const answered = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('[data-answers]')].map((card) =>
        Number(card.dataset.answers),
      ),
    );
    const promised = await until('the panel shows what waits', 10, async () => {
      const raw = await text(page, 'sent-raw');
      return raw.includes('outcome/confusion') && raw;
    });
    await page.getByTestId('send-now').click();
    await page.getByTestId('events').getByText('acknowledged').first().waitFor();
    await page.getByTestId('sent-counts').getByText('Nothing waits').waitFor();

    const bodies = batchesOf(seen);
    const batches = bodies.map((body) => parseBatch(JSON.parse(body)));
    // Nothing was overlooked: every answer is in what was recorded, and it is what the panel showed.
    const predictions = batches.flatMap(({ entries }) =>
      entries.map(({ series }) => totalOf(series[SERIES.predictions] ?? [])),
    );
    expect(predictions.reduce((a, b) => a + b, 0)).toBe(answered.reduce((a, b) => a + b, 0));
    const [shown] = JSON.parse(promised) as Sealed[];
    expect(batches.find(({ id }) => id === shown!.id)?.entries).toEqual(shown!.entries);

    // A batch is strictly what its schema says: names of series, and integers.
    for (const { series } of batches.flatMap(({ entries }) => entries)) {
      expect(Object.values(series).flat().every(Number.isInteger)).toBe(true);
    }
    const secrets = ['1777', '7919', '123457', String(dollars(price)), 'Crawford', 'North Ames'];
    const counted = batches.map(({ entries }) => JSON.stringify(entries)).join('\n');
    for (const secret of secrets) expect(counted).not.toContain(secret);
    const { access } = stack;
    const allowed = [
      `${access.collector}v1/apps/${access.app}/manifest`,
      `${access.collector}v1/apps/${access.app}/keys`,
      `${access.collector}v1/apps/${access.app}/events`,
      `${access.collector}v1/artifacts/`,
      `${access.collector}v1/batches/${access.key}`,
      stack.site.url,
    ];
    for (const { method, url, body } of seen.requests) {
      if (url.startsWith('data:') || url.startsWith('blob:')) continue;
      expect(
        allowed.filter((start) => url.startsWith(start)),
        url,
      ).toHaveLength(1);
      expect(url).not.toContain('?');
      if (!url.includes('/v1/batches/')) expect([method, body]).toEqual(['GET', null]);
    }
    expect(seen.complaints).toEqual([]);
  });

  test('a person who does not agree is not counted, and what waited is deleted', async () => {
    const seen = await visit();
    const { page } = seen;
    await page.getByTestId('sent-counts').getByText('1 batch').waitFor();
    await page.getByLabel('Count my use').uncheck();
    await page.getByTestId('sent-counts').getByText('Nothing waits').waitFor();
    await ask(page, 'house', () => page.getByLabel('Living area').fill('1500'));
    await page.getByTestId('send-now').click();
    await page.getByTestId('sent-counts').getByText('Nothing waits').waitFor();
    await page.close();
    expect(batchesOf(seen)).toEqual([]);
  });

  test('counts each verdict once, and is silent while a person works by hand', async () => {
    const seen = await visit();
    const { page, complaints } = seen;
    const digits = page.getByTestId('digits');
    const verdict = (name: string) => digits.getByRole('button', { name, exact: true });
    const sample = (digit: number) => page.getByRole('button', { name: `Sample digit ${digit}` });
    await ask(page, 'digits', () => sample(9).click());
    await verdict('Accept').click();
    await digits.getByText('Accepted').waitFor();
    // One answer, one verdict.
    await verdict('Override').click({ force: true });
    expect(await digits.getByTestId('corrections').isVisible()).toBe(false);
    await ask(page, 'digits', () => sample(1).click());
    await ask(page, 'digits', () => verdict('Redo').click());
    await verdict('Manual').click();
    await digits.getByText('Over to you').waitFor();
    expect(await text(digits, 'answer')).toBe('–');
    const answers = await digits.getAttribute('data-answers');
    await sample(7).click();
    await page.getByTestId('digits').and(page.locator('[data-manual]')).waitFor();
    expect(await ask(page, 'digits', () => verdict('Manual').click())).toBe('7');
    expect(await digits.getAttribute('data-answers')).toBe(String(Number(answers) + 1));
    await page.getByTestId('send-now').click();
    await page.getByTestId('events').getByText('acknowledged').first().waitFor();
    const counted = batchesOf(seen)
      .flatMap((body) => (JSON.parse(body) as Sealed).entries)
      .find(({ model }) => model === 'digits')!.series;
    // Bins 0 and 1 are for missing and unknown; then accept, redo, override, switch.
    expect(counted[SERIES.signal]).toEqual([2, 1, 3, 1, 5, 1]);
    // 9, 1, 1 again, and 7 only after the person had handed back.
    expect(totalOf(counted[SERIES.predictions] ?? [])).toBe(4);
    expect(complaints).toEqual([]);
  });

  test('takes a new version and its rollback while it is open', async () => {
    const { page, complaints } = await visit();
    const digits = page.getByTestId('digits');
    await ask(page, 'digits', () => page.getByRole('button', { name: 'Sample digit 2' }).click());
    await page.evaluate(() => document.body.setAttribute('data-first-load', ''));
    const update = (words: string) => digits.getByTestId('update').getByText(words).waitFor();
    await ask(page, 'digits', async () => {
      await stack.command('rollout', 'start', 'digits', '--to', 'v2', '--canary', '100');
      await update('Now answered by v2 (canary)');
    });
    expect(await text(digits, 'version')).toBe('v2');
    expect(await text(digits, 'arm')).toBe('canary');
    expect(await text(digits, 'answer')).toBe('2');
    await ask(page, 'digits', async () => {
      await stack.command('rollout', 'rollback', 'digits');
      await update('Now answered by v1 (champion)');
    });
    expect(await text(digits, 'version')).toBe('v1');
    expect(await page.locator('body[data-first-load]').count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test('is accessible in light and dark, on a desk and on a phone', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const viewport of [
        { width: 1280, height: 900 },
        { width: 390, height: 844 },
      ]) {
        const context = await browser.newContext({
          colorScheme,
          viewport,
          reducedMotion: 'reduce',
        });
        onTestFinished(() => context.close());
        const { page } = await visit('', context);
        await page.getByLabel('Living area').fill('');
        await ask(page, 'digits', () =>
          page.getByRole('button', { name: 'Sample digit 6' }).click(),
        );
        await page.getByTestId('digits').getByRole('button', { name: 'Override' }).click();
        await page.getByText('to the letter').click();
        await page.addScriptTag({ content: axe.source });
        const violations = await page.evaluate(async () => {
          const { axe } = window as unknown as { axe: typeof import('axe-core') };
          const found = await axe.run();
          return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.target}`);
        });
        expect(violations).toEqual([]);
        const overflows = () => document.documentElement.scrollWidth > innerWidth;
        expect(await page.evaluate(overflows)).toBe(false);
      }
    }
  });

  test('says in words what is wrong with its options', async () => {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(`${stack.site.url}?backends=abacus`);
    const problem = page.getByRole('alert').filter({ hasText: 'options are not right' });
    await problem.waitFor();
    expect(await problem.textContent()).toContain('config_invalid');
    expect(await problem.textContent()).toContain('webgpu, wasm, webgl, cpu');
  });

  // Last: it ends the collector.
  test('goes on without the collector where it has been before, and says so where it has not', async () => {
    const { page, context } = await visit();
    await stack.collector().stop();
    await page.reload();
    await inState(page, 'digits', 'ready');
    const label = await ask(page, 'digits', () =>
      page.getByRole('button', { name: 'Sample digit 0' }).click(),
    );
    expect(label).toBe('0');
    await page.getByTestId('events').getByText('manifest_unreachable').first().waitFor();
    expect(context.pages().length).toBe(1);

    const stranger = await browser.newContext();
    onTestFinished(() => stranger.close());
    const empty = await stranger.newPage();
    await empty.goto(stack.site.url);
    await inState(empty, 'house', 'failed');
    const problem = empty.getByTestId('house').getByRole('alert');
    expect(await problem.textContent()).toContain('The collector cannot be reached');
    expect(await text(problem, 'problem-code')).toBe('manifest_unreachable');
    expect(await problem.getByRole('button', { name: 'Try again' }).isVisible()).toBe(true);
  });
});
