/**
 * What a customer does: a page that imports the SDK as it is published, built by Vite as it comes,
 * opened in a real browser. Reads the packages' dist, never their sources.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { BROWSER_ARGS, findBrowser } from './setup.js';

/** Where Node's resolution finds the packages. */
const FOLDER = fileURLToPath(new URL('../node_modules/.cache/siskin-consumer', import.meta.url));

const HTML = '<script type="module" src="./main.js"></script>';

/** There is no collector: only the worker can find out that this is not a manifest. */
const MAIN = `
  import { createSiskin } from '@siskin/sdk';
  const siskin = createSiskin({
    collector: location.origin,
    app: 'consumer',
    key: 'none',
    publicKeys: ['A'.repeat(43)],
  });
  window.answer = siskin.model('any').catch((error) => error.code);
`;

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** @throws Error if the page does not build, misses a chunk, or its worker does not answer. */
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
  const server = await preview({ ...config, preview: { host: '127.0.0.1', port: 0 } });
  const browser = await chromium.launch({ executablePath: findBrowser()!, args: BROWSER_ARGS });
  try {
    const address = server.httpServer.address();
    check(typeof address === 'object' && address !== null, 'the page is not served on a port');
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${address.port}/`);
    await page.waitForFunction('"answer" in window');
    const answer = await page.evaluate('window.answer');
    check(answer === 'manifest_invalid', `the worker answered ${JSON.stringify(answer)}`);
  } finally {
    await browser.close();
    await server.close();
    await rm(FOLDER, { recursive: true, force: true });
  }
}
