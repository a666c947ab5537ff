import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { candidates, findBrowser } from './browser.js';
import { isInstalled } from './packages.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'siskin-setup-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string, mode = 0o755): string {
  const whole = join(folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, text, { mode });
  return whole;
}

describe('findBrowser', () => {
  it('takes the program that CHROME_PATH names', () => {
    write('chromium', '#!/bin/sh\n');
    const wished = write('elsewhere/my-chrome', '#!/bin/sh\n');
    expect(findBrowser({ PATH: folder, CHROME_PATH: wished })).toBe(wished);
  });

  it.each([
    ['is missing', 'nowhere'],
    ['is a folder', '.'],
  ])('refuses a CHROME_PATH that %s', (_, path) => {
    const wished = join(folder, path);
    expect(() => findBrowser({ PATH: folder, CHROME_PATH: wished })).toThrow(wished);
  });

  it.skipIf(process.platform === 'win32')('finds the usual names on the PATH', () => {
    write('chromium', 'not to be run', 0o644);
    const edge = write('microsoft-edge', '#!/bin/sh\n');
    expect(findBrowser({ PATH: folder })).toBe(edge);
    const chrome = write('google-chrome', '#!/bin/sh\n');
    expect(findBrowser({ PATH: folder })).toBe(chrome);
  });

  it.skipIf(process.platform === 'win32')('passes over what only advertises a snap', () => {
    write('chromium-browser', '#!/bin/sh\necho "sudo snap install chromium"\nexit 1\n');
    const chrome = write('google-chrome', '#!/bin/sh\n');
    expect(findBrowser({ PATH: folder })).toBe(chrome);
  });

  it("looks into Playwright's cache last, newest first by number", () => {
    for (const version of [999, 1200, 1194]) mkdirSync(join(folder, `chromium-${version}`));
    mkdirSync(join(folder, 'firefox-1500'));
    const all = candidates({ PATH: '/somewhere', PLAYWRIGHT_BROWSERS_PATH: folder });
    const own = all.filter((path) => path.startsWith(folder));
    expect(all.slice(-own.length)).toEqual(own);
    const versions = own.map((path) => /chromium-(\d+)/.exec(path)?.[1]);
    expect([...new Set(versions)]).toEqual(['1200', '1194', '999']);
  });
});

describe('isInstalled', () => {
  const wanted = {
    '': { name: 'siskin' },
    protocol: { version: '0.1.0' },
    'node_modules/@siskin/protocol': { link: true },
    'node_modules/vite': { version: '8.0.0', integrity: 'sha512-a' },
    'node_modules/fsevents': { version: '2.0.0', integrity: 'sha512-b', optional: true },
  };
  const present = {
    protocol: { version: '0.1.0' },
    'node_modules/@siskin/protocol': { link: true },
    'node_modules/vite': { version: '8.0.0', integrity: 'sha512-a' },
  };
  const lock = (path: string, packages: object) => write(path, JSON.stringify({ packages }), 0o644);

  beforeEach(() => lock('package-lock.json', wanted));

  it('is, without the optional packages of other platforms', () => {
    lock('node_modules/.package-lock.json', present);
    expect(isInstalled(folder)).toBe(true);
  });

  it('is not in a fresh clone, nor where npm was interrupted', () => {
    expect(isInstalled(folder)).toBe(false);
    write('node_modules/vite/package.json', '{"version":"8.0.0"}');
    expect(isInstalled(folder)).toBe(false);
    write('node_modules/.package-lock.json', '{"packages":');
    expect(isInstalled(folder)).toBe(false);
  });

  it.each([
    ['a package is missing', { 'node_modules/vite': undefined }],
    ['a version is old', { 'node_modules/vite': { version: '7.9.0', integrity: 'sha512-a' } }],
    ['the contents differ', { 'node_modules/vite': { version: '8.0.0', integrity: 'sha512-c' } }],
    ['a workspace is not linked', { 'node_modules/@siskin/protocol': undefined }],
    [
      'an optional package is old',
      { 'node_modules/fsevents': { version: '1.0.0', integrity: 'sha512-b' } },
    ],
  ])('is not where %s', (_, change) => {
    lock('node_modules/.package-lock.json', { ...present, ...change });
    expect(isInstalled(folder)).toBe(false);
  });
});
