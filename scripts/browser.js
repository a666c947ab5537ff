/** Which Chromium-family browser this machine has, and how tests and benchmarks start it. */
import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import process from 'node:process';

/**
 * WebGPU in software (SwiftShader) where there is no GPU, and none of a browser's own traffic.
 * Chromium's sandbox refuses to start as root; containers often have a /dev/shm of 64 MB.
 */
export const BROWSER_ARGS = [
  '--enable-unsafe-webgpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-default-browser-check',
  '--no-first-run',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

const ON_PATH = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
  'microsoft-edge-stable',
  'msedge',
];

const MAC_APPS = [
  'Google Chrome.app/Contents/MacOS/Google Chrome',
  'Chromium.app/Contents/MacOS/Chromium',
  'Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];

const WINDOWS_APPS = [
  'Google/Chrome/Application/chrome.exe',
  'Chromium/Application/chrome.exe',
  'Microsoft/Edge/Application/msedge.exe',
];

/** Inside a folder `chromium-1234` of Playwright's own cache. */
const PLAYWRIGHT_BINARIES = [
  'chrome-linux64/chrome',
  'chrome-linux/chrome',
  'chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
  'chrome-mac-x64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
  'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
  'chrome-win64/chrome.exe',
  'chrome-win/chrome.exe',
];

/** A launcher script is small; the browser itself is not to be read. */
const SCRIPT_BYTES = 20_000;

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    const { size } = statSync(path);
    // Ubuntu has a /usr/bin/chromium-browser that only tells people to install the snap.
    if (size < SCRIPT_BYTES && /snap install chromium/.test(readFileSync(path, 'utf8')))
      return false;
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** @param {NodeJS.ProcessEnv} env */
function onPath(env) {
  const ending = process.platform === 'win32' ? '.exe' : '';
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter).filter(Boolean);
  return ON_PATH.flatMap((name) => folders.map((folder) => join(folder, name + ending)));
}

/** @param {NodeJS.ProcessEnv} env */
function installed(env) {
  if (process.platform === 'darwin') {
    const folders = ['/Applications', join(homedir(), 'Applications')];
    return folders.flatMap((folder) => MAC_APPS.map((app) => join(folder, app)));
  }
  if (process.platform === 'win32') {
    const folders = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA];
    return folders.flatMap((folder) =>
      folder ? WINDOWS_APPS.map((app) => join(folder, app)) : [],
    );
  }
  return ['/opt/google/chrome/chrome', '/opt/microsoft/msedge/msedge', '/snap/bin/chromium'];
}

/** Newest first. @param {NodeJS.ProcessEnv} env */
function ofPlaywright(env) {
  const caches = {
    darwin: join(homedir(), 'Library/Caches/ms-playwright'),
    win32: join(env.LOCALAPPDATA ?? homedir(), 'ms-playwright'),
  };
  const cache =
    env.PLAYWRIGHT_BROWSERS_PATH ||
    caches[/** @type {'darwin'} */ (process.platform)] ||
    join(homedir(), '.cache/ms-playwright');
  try {
    const number = (/** @type {string} */ name) => Number(name.slice('chromium-'.length));
    return readdirSync(cache)
      .filter((name) => /^chromium-\d+$/.test(name))
      .sort((a, b) => number(b) - number(a))
      .flatMap((name) => PLAYWRIGHT_BINARIES.map((binary) => join(cache, name, binary)));
  } catch {
    return [];
  }
}

/**
 * Where to look, most wanted first.
 * @param {NodeJS.ProcessEnv} env
 */
export function candidates(env) {
  return [...onPath(env), ...installed(env), ...ofPlaywright(env)];
}

/**
 * `CHROME_PATH` if it is set, else Chromium, Chrome or Edge where each system keeps them, else the
 * one that Playwright installed.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined} the path of its program
 * @throws if `CHROME_PATH` names nothing that can be run: an explicit wish is not to be passed over
 */
export function findBrowser(env = process.env) {
  const wish = env.CHROME_PATH;
  if (wish) {
    if (isProgram(wish)) return wish;
    throw new Error(`CHROME_PATH is "${wish}", which is not a program: correct it or unset it`);
  }
  return candidates(env).find(isProgram);
}
