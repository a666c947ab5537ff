/** Are the packages installed as the lockfile says? If not, npm installs them. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, sep } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runQuietly, say } from './progress.js';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** TypeScript runs unbuilt from this release on; what `npm ci` installs is newer. */
const OLDEST = [22, 18];

/**
 * @typedef {{ version?: string, integrity?: string, link?: boolean, optional?: boolean }} Locked
 * @typedef {Record<string, Locked>} Lock
 */

/** @param {string} path @returns {Lock | undefined} */
function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * Compares the lockfile with the record that npm keeps inside node_modules. npm removes that record
 * first and writes it last, after every install script, so an install that failed or was interrupted
 * leaves none. Packages of other platforms are optional and are not in it.
 */
export function isInstalled(root = ROOT) {
  const wanted = readLock(join(root, 'package-lock.json'));
  const present = readLock(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    if (!path.includes('node_modules/')) return true;
    const found = present[path];
    if (!found) return optional === true;
    return found.version === version && found.integrity === integrity;
  });
}

/** How much is there already, in npm's own unit. */
function howFar() {
  const paths = Object.entries(readLock(join(ROOT, 'package-lock.json')) ?? {})
    .filter(([path, { link, optional }]) => path.includes('node_modules/') && !link && !optional)
    .map(([path]) => path);
  const there = paths.filter((path) => existsSync(join(ROOT, path, 'package.json')));
  return `${there.length} of ${paths.length} packages`;
}

/** npm's own environment, without the programs of the very folder that it is about to replace. */
function environment() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const PATH = folders.filter((folder) => !folder.includes(`${sep}node_modules${sep}.bin`));
  return { ...process.env, PATH: PATH.join(delimiter) };
}

async function install() {
  const cli = process.env.npm_execpath;
  // Inside `npm test` and the like: the same npm again.
  const npm = cli?.endsWith('npm-cli.js')
    ? [process.env.npm_node_execpath ?? process.execPath, cli]
    : ['npm'];
  if (!existsSync(npm[0] ?? '')) npm.splice(0, npm.length, 'npm');
  // Whatever the person's settings are: the tests and the demo are development dependencies.
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  try {
    await runQuietly('Installing packages', [...npm, ...args], {
      cwd: ROOT,
      env: environment(),
      detail: howFar,
    });
  } catch (error) {
    const why = /** @type {Error} */ (error).message;
    throw new Error(`the packages could not be installed (${why}): run \`npm ci\` to see more`);
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * One install at a time: two commands typed at once into a fresh clone would tear each other's
 * node_modules apart.
 * @param {() => Promise<void>} work
 */
async function alone(work) {
  const name = createHash('sha256').update(ROOT).digest('hex').slice(0, 16);
  const lock = join(tmpdir(), `siskin-install-${name}`);
  for (let told = false; ; told = true) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
      const owner = Number(readFileSync(lock, 'utf8'));
      // Its owner was killed, so nobody else will remove it.
      if (owner > 0 && !isAlive(owner)) rmSync(lock, { force: true });
      else if (!told) say(`Waiting for another install here (process ${owner}) to end ...`);
      await delay(200);
    }
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @throws Error with one sentence that says what to do */
export async function ensurePackages() {
  if (isInstalled()) return;
  await alone(async () => {
    if (!isInstalled()) await install();
  });
}

/**
 * The Node that comes with the packages, whatever the machine's own is.
 * @throws Error with one sentence that says what to do
 */
export function nodeProgram() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const own = join(ROOT, 'node_modules', 'node', 'bin', name);
  if (existsSync(own)) return own;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) {
    return process.execPath;
  }
  throw new Error(
    `this machine's Node is ${process.version} and npm did not install a newer one beside the ` +
      `packages (are its install scripts disabled?): install Node ${OLDEST.join('.')} or newer`,
  );
}
