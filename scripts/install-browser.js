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

/** @param {string} node */
async function withPlaywright(node) {
  const cli = join(ROOT, 'node_modules', 'playwright', 'cli.js');
  const isRoot = process.getuid?.() === 0;
  // Its system libraries: only root can install them, and only where apt-get is.
  const libraries = isRoot && existsSync('/usr/bin/apt-get') ? ['--with-deps'] : [];
  const install = [node, cli, 'install', ...libraries, '--no-shell', 'chromium'];
  await runQuietly('Downloading Chromium (playwright install chromium)', install, { cwd: ROOT });
}

/**
 * apt-get where root on Debian, else, or if that fails, Playwright's installer.
 * @param {string} node program that runs Playwright
 * @throws Error with the reason of the last way that was tried
 */
export async function installBrowser(node) {
  say('No Chrome, Chromium or Edge found (CHROME_PATH names one elsewhere)');
  if (process.getuid?.() === 0 && isDebian() && existsSync('/usr/bin/apt-get')) {
    try {
      return await withApt();
    } catch (error) {
      say(`apt-get could not: ${/** @type {Error} */ (error).message}`);
    }
  }
  await withPlaywright(node);
}
