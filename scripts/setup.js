/**
 * What every command needs before it can run, in plain JavaScript without dependencies: in a fresh
 * clone there is nothing else, and the machine's own Node may be too old for TypeScript.
 */
import { findBrowser } from './browser.js';
import { installBrowser } from './install-browser.js';
import { ensurePackages, nodeProgram } from './packages.js';

export { BROWSER_ARGS, findBrowser } from './browser.js';

/**
 * @param {string} node program that runs Playwright's installer
 * @returns {Promise<string>} the browser's program
 * @throws Error with one sentence that says what to do
 */
async function ensureBrowser(node) {
  const found = findBrowser();
  if (found) return found;
  let why = 'the installer left none where it usually does';
  try {
    await installBrowser(node);
    const installed = findBrowser();
    if (installed) return installed;
  } catch (error) {
    why = /** @type {Error} */ (error).message;
  }
  throw new Error(
    `no browser could be installed (${why}): install Chrome, Chromium or Edge, or set CHROME_PATH to one`,
  );
}

/**
 * @returns {Promise<{ node: string, browser: string }>} programs
 * @throws Error with one sentence that says what to do
 */
export async function setUp() {
  await ensurePackages();
  const node = nodeProgram();
  return { node, browser: await ensureBrowser(node) };
}
