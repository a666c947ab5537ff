/**
 * `npm start -- --once`: the whole story, headless, in a real Chromium. Nothing in the JSON it prints
 * is anything but what happened.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright';
import { Fleet } from '../demo/fleet/fleet.ts';
import { BROWSER_ARGS, findBrowser } from './browser.js';
import { Ledger } from './ledger.ts';
import { Relay } from './relay.ts';
import { bringUp, type Stack } from './stack.ts';
import { until } from './until.ts';
import { type Seen, Visitor } from './visitor.ts';

const BACKENDS = ['webgpu', 'wasm', 'webgl', 'cpu'];
/** Seconds of the collector's windows: a report of a phase is then a report of that phase alone. */
const WINDOW_S = 2;
/** Rounds of one house and one digit a device, before and after the market moves. */
const ROUNDS = 30;
const SHIFTED_WINDOWS = 5;
const SWAP_CLICKS = 12;

interface FeatureReport {
  name: string;
  state: string;
  n: number;
  psi: number | null;
  ks: number | null;
}
interface Report {
  versions: {
    episodes: { series: string }[];
    version: string;
    arm: string;
    predictions: Record<string, number>;
    features: FeatureReport[];
  }[];
}

const say = (line: string) => console.log(`· ${line}`);

async function reportOf(stack: Stack, model: string, since: number): Promise<Report> {
  const instant = new Date(since).toISOString();
  return (await stack.command('report', model, '--since', instant)) as unknown as Report;
}

/** What a phase's report says of drift: whether there was an alarm in it, and of which series. */
function drift(report: Report) {
  const features = report.versions.flatMap((version) => version.features);
  const drifting = report.versions.flatMap(({ episodes }) => episodes.map(({ series }) => series));
  return {
    alarm: drifting.length > 0,
    n: Math.max(0, ...features.map((feature) => feature.n)),
    features: features.length,
    judged: features.filter(({ state }) => state !== 'not-enough-data').length,
    drifting: [...new Set(drifting)],
    largest_psi: Math.max(0, ...features.map((feature) => feature.psi ?? 0)),
  };
}

/** Both models on every backend that this machine has, each in a fresh page. */
async function everyBackend(browser: Browser, stack: Stack, visits: Seen[]): Promise<string[]> {
  const seen = new Set<string>();
  for (const backend of BACKENDS) {
    const url = `${stack.site.url}?backends=${backend}`;
    const visitor = await Visitor.open(browser, url);
    for (const model of ['house', 'digits'] as const) {
      if ((await visitor.state(model)) === 'failed') continue; // onnxruntime-web has neither webgl nor cpu
      if (model === 'house') await visitor.priceHouse(1500);
      else for (const digit of [3, 7]) await visitor.sampleDigit(digit);
      seen.add(`${model === 'house' ? 'tfjs' : 'onnx'}/${await visitor.ready(model)}`);
    }
    visits.push(await visitor.leave());
  }
  return [...seen].sort();
}

/** A canary, then a rollback, under a page that goes on asking. */
async function swaps(browser: Browser, stack: Stack, visits: Seen[]) {
  const visitor = await Visitor.open(browser, `${stack.site.url}?backends=wasm`);
  await visitor.ready('digits');
  const served: string[] = [];
  let asked = 0;
  let lost = 0;
  const ask = async () => {
    asked++;
    // An ask that is not answered within its time is a prediction that the swap has lost.
    await visitor.sampleDigit(asked % 10).then(
      (version) => served.push(version),
      () => lost++,
    );
  };
  const askUntil = async (version: string) => {
    await until(`the page answers with ${version}`, 30, async () => {
      await ask();
      return served.at(-1)?.includes(version);
    });
    for (let i = 0; i < SWAP_CLICKS; i++) await ask();
  };
  await askUntil('v1');
  await stack.command('rollout', 'start', 'digits', '--to', 'v2', '--canary', '100');
  await askUntil('v2');
  await stack.command('rollout', 'rollback', 'digits');
  await askUntil('v1');
  visits.push(await visitor.leave());
  return { lost, errors: visitor.errors };
}

const countOf = (reports: readonly Report[]) =>
  reports
    .flatMap((report) => report.versions)
    .flatMap(({ predictions }) => Object.values(predictions))
    .reduce((a, b) => a + b, 0);

export async function story(devices: number): Promise<void> {
  const started = Date.now();
  const data = join(await mkdtemp(join(tmpdir(), 'siskin-story-')), 'data');
  const ledger = new Ledger();
  const relay = await Relay.open(ledger);
  const page = {
    collector: relay.url,
    windowSeconds: 2,
    pollSeconds: 2,
    allowSoftwareGpu: true,
  };
  const stack = await bringUp({
    data,
    ports: { collector: 0, demo: 0 },
    window: WINDOW_S,
    page,
    say,
  });
  relay.target = stack.access.collector;
  const browser = await chromium.launch({ executablePath: findBrowser()!, args: BROWSER_ARGS });
  let fleet: Fleet | undefined;
  try {
    say(`starting ${devices} simulated devices …`);
    const seed = Date.now() % 2 ** 31;
    fleet = await Fleet.start(devices, stack.access, ledger.fetch, seed);
    const { tally } = fleet;
    const begin = Date.now();

    say('stable traffic; the collector is killed and restarted in the middle …');
    for (let round = 0; round < ROUNDS; round++) {
      const crashing = round === ROUNDS / 2 ? stack.crash() : undefined;
      await Promise.all([fleet.round(), fleet.round(), crashing]);
    }
    const drain = () =>
      until('every batch is acknowledged', 60, async () => (await fleet!.flush()) === 0);
    await drain();
    // A window is judged once it is over.
    const over = async () => {
      const end = Date.now() + WINDOW_S * 1000;
      await until('the window is over', 10, () => Date.now() > end);
    };
    await over();
    const stable = drift(await reportOf(stack, 'house', begin));

    say('larger houses reach the market …');
    const shift = Date.now();
    fleet.market = 'new';
    // Drift is what lasts: however fast this machine is, it has to be met in so many windows.
    const lasting = shift + SHIFTED_WINDOWS * WINDOW_S * 1000;
    for (let round = 0; round < ROUNDS || Date.now() < lasting; round++) {
      await Promise.all([fleet.round(), fleet.round()]);
    }
    await drain();
    await over();
    const shifted = drift(await reportOf(stack, 'house', shift));

    say('a person visits, on every backend …');
    const visits: Seen[] = [];
    const backends = await everyBackend(browser, stack, visits);
    say('a canary reaches a page and is rolled back …');
    const swap = await swaps(browser, stack, visits);

    say('adding up …');
    await fleet.stop();
    const reports = [
      await reportOf(stack, 'house', started),
      await reportOf(stack, 'digits', started),
    ];
    const rows = reports.flatMap((report) => report.versions);
    const counted = countOf(reports);
    const failed = rows.reduce((sum, { predictions }) => sum + (predictions.failed ?? 0), 0);
    // The truth is what callers got, not what devices say they sent.
    const answered = visits.reduce((sum, { answers }) => sum + answers, 0);
    const givenUp = visits.reduce((sum, visit) => sum + visit.givenUp, 0);
    const predictions = tally.predictions + answered;
    const result = {
      predictions,
      failed,
      lostBatches: await ledger.lost(`${stack.access.collector}v1/batches/${stack.access.key}`),
      duplicateBatches: ledger.doubled,
      countedByCollector: counted,
      givenUpByPages: givenUp,
      backends,
      versionsServed: [
        ...new Set(
          reports.flatMap((report, i) =>
            report.versions.map((v) => `${['house', 'digits'][i]} ${v.version} ${v.arm}`),
          ),
        ),
      ].sort(),
      drift: { stable, shifted },
      swapLost: swap.lost,
      pageErrors: swap.errors,
      fleet: { devices, seed, predictions: tally.predictions, failed: tally.failed },
      batches: ledger.batches,
      seconds: Math.round((Date.now() - started) / 1000),
    };
    const good =
      result.failed + result.lostBatches + result.duplicateBatches + result.swapLost === 0 &&
      counted >= predictions &&
      counted <= predictions + givenUp &&
      result.pageErrors.length === 0 &&
      !stable.alarm &&
      stable.judged > 0 &&
      shifted.drifting.some((series) => series.startsWith('input/'));
    process.exitCode = good ? 0 : 1;
    console.log(JSON.stringify(result));
  } finally {
    await browser.close();
    await fleet?.stop().catch(() => undefined);
    await stack.stop();
    await relay.close();
    await rm(join(data, '..'), { recursive: true, force: true });
  }
}
