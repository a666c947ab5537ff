/** Installs Chromium the way this machine does it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ROOT } from './packages.js';
import { runQuietly, say } from './progress.js';

/** Ubuntu's chromium package only points to a snap, which containers cannot run. */
function isDebian() {
  try {
    return /^ID="?debian"?$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

async function withApt() {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await runQuietly('Reading the package lists (apt-get update)', ['apt-get', 'update'], { env });
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', 'chromium'];
  await runQuietly('Installing Chromium (apt-get install chromium)', install, { env });
}

/** @param {string} node @param {string[]} options */
async function withPlaywright(node, ...options) {
  const cli = join(ROOT, 'node_modules', 'playwright', 'cli.js');
  // Chromium itself, which shows pages as people see them, and not its headless shell as well.
  const install = [node, cli, 'install', ...options, '--no-shell', 'chromium'];
  await runQuietly('Downloading Chromium (playwright install chromium)', install, { cwd: ROOT });
}

/**
 * Tries the ways this machine has in turn: Debian's package, Playwright's download with the system
 * libraries it needs, the download alone.
 * @param {string} node program that runs Playwright
 * @throws Error with the reason of the last way
 */
export async function installBrowser(node) {
  say('No Chrome, Chromium or Edge found (CHROME_PATH names one elsewhere)');
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  const ways = [
    ...(mayInstall && isDebian() ? [withApt] : []),
    ...(mayInstall ? [() => withPlaywright(node, '--with-deps')] : []),
    () => withPlaywright(node),
  ];
  for (const [i, way] of ways.entries()) {
    try {
      return await way();
    } catch (error) {
      if (i === ways.length - 1) throw error;
      say(`That failed: ${/** @type {Error} */ (error).message}`);
    }
  }
}
