/**
 * The one configuration of Vite: development, the demo's and the dashboard's pages, the packages
 * (scripts/build.ts adds what differs per package), and the two projects of Vitest.
 */
import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import protocol from './protocol/package.json' with { type: 'json' };
import { BROWSER_ARGS, findBrowser } from './scripts/browser.js';
import sdk from './sdk/package.json' with { type: 'json' };
import worker from './worker/package.json' with { type: 'json' };

/** Workspace packages by their sources: nothing has to be built before it can be run. */
const SOURCE = '@siskin/source';

/** Cross-origin isolation, for pages, workers and what they load: threads and precise clocks. */
const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

/** It finds its .wasm beside itself, so it must not be moved into a bundle of dependencies. */
const UNBUNDLED = 'onnxruntime-web';

/** Bundled before the first test: one found halfway through would reload the page under it. */
const BUNDLED = [protocol, worker, sdk]
  .flatMap(({ dependencies }) => Object.keys(dependencies))
  .filter((name) => !name.startsWith('@siskin/') && name !== UNBUNDLED);

const executablePath = findBrowser();

export default defineConfig({
  resolve: { conditions: [SOURCE, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [SOURCE, ...defaultServerConditions] } },
  server: { host: '127.0.0.1', headers: ISOLATED },
  preview: { host: '127.0.0.1', headers: ISOLATED },
  worker: { format: 'es' },
  build: { target: 'es2022' },
  optimizeDeps: { include: BUNDLED, exclude: [UNBUNDLED] },
  test: {
    // Against what hangs, not against what is slow: machines are noisy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.browser.test.ts'],
          execArgv: [`--conditions=${SOURCE}`],
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['**/*.browser.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { args: BROWSER_ARGS, ...(executablePath && { executablePath }) },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
