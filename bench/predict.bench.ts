/**
 * `predict()` in a real Chromium against the same model called bare through comlink in a bare
 * worker, and against itself without telemetry: medians and p95 in milliseconds, in one run.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ModelSpecInput, parseSpec, type Tensors } from '@siskin/protocol';
import { openGraph, profileOf } from '@siskin/worker/reference';
import { chromium } from 'playwright';
import { randomFrom } from '../demo/data/random.ts';
import { BROWSER_ARGS, findBrowser } from '../scripts/browser.js';
import { Collector, siskin } from '../scripts/command.ts';
import { buildSite, removeSite, serveSite } from '../scripts/site.ts';
import type { Measured, Task } from './predict/page.ts';

const MODELS = fileURLToPath(new URL('../demo/models/', import.meta.url));
const SILERO_FILE = createRequire(import.meta.url)
  .resolve('@ricky0123/vad-web')
  .replace(/index\.js$/, 'silero_vad_v5.onnx');

/** A real model of 1–2 ms: voice activity in 32 ms of sound, with its state. */
const SILERO: ModelSpecInput = {
  name: 'silero',
  version: 'v5',
  format: 'onnx',
  files: ['model.onnx'],
  inputs: [
    { name: 'input', kind: 'tensor', tensor: 'input', shape: [1, 512] },
    { name: 'state', kind: 'tensor', tensor: 'state', shape: [2, 1, 128] },
    { name: 'sr', kind: 'tensor', tensor: 'sr', type: 'int64', shape: [] },
  ],
  outputs: [{ kind: 'regression', tensor: 'output' }],
};

const quantile = (sorted: number[], q: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;

function summary(times: number[]) {
  const sorted = times.toSorted((a, b) => a - b);
  const round = (ms: number) => Math.round(ms * 1000) / 1000;
  return { median_ms: round(quantile(sorted, 0.5)), p95_ms: round(quantile(sorted, 0.95)) };
}

function sound(random: () => number): Tensors {
  const noise = Float32Array.from({ length: 512 }, () => (random() - 0.5) * 0.2);
  return {
    input: { type: 'float32', dims: [1, 512], data: noise },
    state: { type: 'float32', dims: [2, 1, 128], data: new Float32Array(256) },
    sr: { type: 'int64', dims: [], data: BigInt64Array.of(16000n) },
  };
}

/** Writes Silero as an ML team would publish it, its profile made of noise. */
async function writeSilero(folder: string): Promise<void> {
  const spec = parseSpec(SILERO);
  await cp(SILERO_FILE, join(folder, 'model.onnx'));
  await writeFile(join(folder, 'siskin.json'), JSON.stringify(SILERO));
  const random = randomFrom(1);
  const files = new Map([['model.onnx', new Uint8Array(await readFile(SILERO_FILE))]]);
  const graph = await openGraph(spec, files);
  const rows = Array.from({ length: 300 }, () => ({ input: sound(random) }));
  const { profile } = await profileOf(spec, graph, () => [rows], { source: 'noise' });
  await writeFile(join(folder, 'reference.json'), JSON.stringify(profile));
}

/** Tensors as they cross to the page: plain numbers. */
function plain(tensors: Tensors): Task['tensors'] {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, t]) => [
      name,
      { ...t, data: Array.from(t.data as Float32Array, Number) },
    ]),
  );
}

async function taskOf(model: string): Promise<Omit<Task, 'onnx' | 'model'>> {
  const random = randomFrom(2);
  if (model === 'silero') return { tensors: plain(sound(random)), input: undefined };
  const folder = join(MODELS, model, 'v1');
  const selfTest = JSON.parse(await readFile(join(folder, 'selftest.json'), 'utf8'));
  const tensors = selfTest.cases[0].inputs as Task['tensors'];
  if (model === 'digits') {
    const data = Uint8ClampedArray.from({ length: 28 * 28 * 4 }, () => random() * 256);
    return { tensors, input: { width: 28, height: 28, data: Array.from(data) } as never };
  }
  const spec = parseSpec(JSON.parse(await readFile(join(folder, 'siskin.json'), 'utf8')));
  const row = spec.inputs.map((input) => [
    input.name,
    input.kind === 'numeric'
      ? input.mean
      : input.kind === 'categorical'
        ? input.categories[0]
        : null,
  ]);
  return { tensors, input: Object.fromEntries(row) };
}

export async function run({ args }: { args: readonly string[] }): Promise<object> {
  const calls = Number(args.find((arg) => /^\d+$/.test(arg)) ?? 600);
  const folder = await mkdtemp(join(tmpdir(), 'siskin-bench-'));
  const silero = await mkdtemp(join(tmpdir(), 'siskin-silero-'));
  const data = join(folder, 'data');
  const credentials = await siskin('init', '--data', data, '--app', 'bench');
  const collector = await Collector.serve('--data', data, '--port', '0');
  try {
    await writeSilero(silero);
    for (const model of [silero, join(MODELS, 'house/v1'), join(MODELS, 'digits/v1')]) {
      await siskin('publish', model, '--app', 'bench', '--data', data, '--url', collector.url);
    }
    await buildSite('bench/predict');
    const onnx = new Map([
      ['silero', SILERO_FILE],
      ['house', join(MODELS, 'house/v1/model.onnx')],
      ['digits', join(MODELS, 'digits/v1/model.onnx')],
    ]);
    const site = await serveSite('bench/predict', 0);
    const browser = await chromium.launch({ executablePath: findBrowser()!, args: BROWSER_ARGS });
    try {
      const page = await browser.newPage();
      page.on('pageerror', (error) => console.error(error.message));
      await page.goto(site.url);
      const models: Record<string, object> = {};
      const ratios = new Map<string, { bare: number; telemetry: number }>();
      for (const [model, file] of onnx) {
        const bytes = (await readFile(file)).toString('base64');
        const task: Task = {
          model,
          onnx: `data:application/octet-stream;base64,${bytes}`,
          ...(await taskOf(model)),
        };
        const options = {
          collector: collector.url,
          app: 'bench',
          key: credentials.writeKey as string,
          publicKeys: credentials.publicKeys as string[],
        };
        const measured = await page.evaluate(
          ([o, t, n]) =>
            (window as unknown as { measure(...a: unknown[]): Promise<Measured> }).measure(o, t, n),
          [options, task, calls] as const,
        );
        const [bare, on, off] = [
          summary(measured.bare),
          summary(measured.on),
          summary(measured.off),
        ];
        const ratio = (a: number, b: number) => Math.round((a / b) * 1000) / 1000;
        ratios.set(model, {
          bare: ratio(on.median_ms, bare.median_ms),
          telemetry: ratio(on.median_ms, off.median_ms),
        });
        models[model] = {
          bare,
          on,
          off,
          ratio_to_bare: ratios.get(model)!.bare,
          ratio_telemetry_on_off: ratios.get(model)!.telemetry,
        };
      }
      const headline = ratios.get('silero')!;
      return {
        name: 'predict',
        ratio_to_bare: headline.bare,
        ratio_telemetry_on_off: headline.telemetry,
        headline: 'silero',
        calls,
        models,
      };
    } finally {
      await browser.close();
      await site.close();
    }
  } finally {
    await collector.stop();
    await removeSite('bench/predict');
    await Promise.all([folder, silero].map((path) => rm(path, { recursive: true, force: true })));
  }
}
