/**
 * What a customer does with the packages as they are published: runs the built `siskin`, builds a
 * page that imports the SDK with Vite as it comes, and asks a model in a real browser. Reads the
 * packages' dist, never their sources.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { BROWSER_ARGS, findBrowser } from './setup.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SISKIN = join(ROOT, 'collector/dist/cli/main.js');
/** Where Node's resolution finds the packages. */
const FOLDER = join(ROOT, 'node_modules/.cache/siskin-consumer');
const DATA = join(FOLDER, 'data');

const HTML = '<script type="module" src="./main.js"></script>';

const MAIN = `
  import { createSiskin } from '@siskin/sdk';

  window.ask = async (options) => {
    const siskin = createSiskin(options);
    const model = await siskin.model('house');
    const { output, backend, version } = await model.predict({ living_area: 1500 });
    await siskin.close();
    return { output, backend, version };
  };
`;

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

async function siskin(...args: string[]): Promise<Record<string, unknown>> {
  const options = [...args, '--data', DATA, '--app', 'shop', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, [SISKIN, ...options]);
  return JSON.parse(stdout);
}

/** @throws Error if something of a customer's way does not work. */
export async function checkConsumer(): Promise<void> {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  await writeFile(join(FOLDER, 'index.html'), HTML);
  await writeFile(join(FOLDER, 'main.js'), MAIN);
  const config = {
    configFile: false,
    root: FOLDER,
    logLevel: 'error',
    worker: { format: 'es' },
  } as const;
  await build(config);
  const files = await readdir(join(FOLDER, 'dist/assets'));
  for (const part of ['worker-', 'ort-wasm-simd-threaded', 'tfjs-backend-wasm-simd']) {
    check(
      files.some((file) => file.startsWith(part)),
      `the built page lacks ${part}*: ${files.join(', ')}`,
    );
  }

  const { writeKey: key, publicKeys } = await siskin('init');
  const serve = [SISKIN, 'serve', '--data', DATA, '--port', '0', '--log', 'warn', '--json'];
  const collector = spawn(process.execPath, serve, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(collector, 'close');
  const server = await preview({ ...config, preview: { host: '127.0.0.1', port: 0 } });
  const browser = await chromium.launch({ executablePath: findBrowser()!, args: BROWSER_ARGS });
  try {
    const lines = createInterface({ input: collector.stdout });
    const [line] = (await Promise.race([once(lines, 'line'), ended])) as [unknown];
    check(typeof line === 'string', 'the built collector ended before it was ready');
    const { url } = JSON.parse(line);
    await siskin('publish', join(ROOT, 'demo/models/house/v1'), '--url', url);
    const address = server.httpServer.address();
    check(typeof address === 'object' && address !== null, 'the page is not served on a port');
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${address.port}/`);
    await page.waitForFunction('"ask" in window');
    const options = { collector: url, app: 'shop', key, publicKeys };
    const answer: { output: number; backend: string; version: string } = await page.evaluate(
      `ask(${JSON.stringify(options)})`,
    );
    const told = JSON.stringify(answer);
    check(answer.version === 'v1' && answer.backend === 'wasm', `the page was answered ${told}`);
    // US dollars, for a house of 1500 square feet in Ames.
    check(answer.output > 50_000 && answer.output < 500_000, `the page was answered ${told}`);
  } finally {
    await browser.close();
    await server.close();
    collector.kill();
    await ended;
    await rm(FOLDER, { recursive: true, force: true });
  }
}
