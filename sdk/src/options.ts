/** What a page says about its app, checked before anything is started. */
import { type Backend, SiskinError } from '@siskin/protocol';
import type { EngineConfig } from '@siskin/worker';

export interface SiskinOptions {
  /**
   * URL of the collector, absolute or relative to the page. May be left out where `manifest` says
   * where the app's files are (`siskin export`): then nothing is counted or sent.
   */
  collector?: string | URL;
  app: string;
  /** The app's publishable write key, as `siskin init` printed it; needed to send counts. */
  key?: string;
  /** The app's public keys: a manifest that neither they nor the keys they vouch for signed is refused. */
  publicKeys: readonly string[];
  /** Where the manifest is served, if not by the collector. */
  manifest?: string | URL;
  /** The least sequence of a manifest that is taken, also by a device that has seen none. */
  minSequence?: number;
  /** Allowed backends, most wanted first. Default: `['webgpu', 'wasm', 'webgl', 'cpu']`. */
  backends?: readonly Backend[];
  /** Also take a WebGPU adapter that is emulated in software. Default: false. */
  allowSoftwareGpu?: boolean;
  /** Base URL of the runtimes' `.wasm` files, where the bundler does not place them. */
  assets?: string | URL;
  /** Whether statistics may be counted and sent. Default: true, unless Global Privacy Control is on. */
  consent?: boolean;
  /** Seconds of a telemetry window. Default: 60. */
  windowSeconds?: number;
  /** Seconds between looks for a new manifest, besides the collector's push. Default: 300. */
  pollSeconds?: number;
}

const BACKENDS: readonly Backend[] = ['webgpu', 'wasm', 'webgl', 'cpu'];

function need(condition: boolean, message: string): asserts condition {
  if (!condition) throw new SiskinError('config_invalid', `createSiskin: ${message}`);
}

function seconds(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback * 1000;
  need(Number.isFinite(value) && value > 0, `\`${name}\` must be a number of seconds above 0`);
  return value * 1000;
}

function flag(name: string, value: boolean | undefined, fallback: boolean): boolean {
  need(value === undefined || typeof value === 'boolean', `\`${name}\` must be true or false`);
  return value ?? fallback;
}

function url(name: string, value: string | URL): string {
  const text = String(value);
  need(URL.canParse(text, location.href), `\`${name}\` is not a URL: "${text}"`);
  const { href, protocol } = new URL(text, location.href);
  need(/^https?:$/.test(protocol), `\`${name}\` must be an http: or https: URL, not "${text}"`);
  return href;
}

/** A URL that others are relative to. */
function base(name: string, value: string | URL): string {
  const { origin, pathname } = new URL(url(name, value));
  return origin + pathname.replace(/\/*$/, '/');
}

const OPTIONS: Record<keyof SiskinOptions, true> = {
  collector: true,
  app: true,
  key: true,
  publicKeys: true,
  manifest: true,
  minSequence: true,
  backends: true,
  allowSoftwareGpu: true,
  assets: true,
  consent: true,
  windowSeconds: true,
  pollSeconds: true,
};

/** @throws SiskinError `config_invalid` naming the option. */
export function toConfig(options: SiskinOptions): EngineConfig {
  need(typeof options === 'object' && options !== null, 'pass { collector, app, key, publicKeys }');
  for (const name of Object.keys(options)) {
    need(Object.hasOwn(OPTIONS, name), `there is no option \`${name}\``);
  }
  const { collector, app, key = '', publicKeys, backends = BACKENDS, manifest, assets } = options;
  const { minSequence } = options;
  need(
    !!collector || !!manifest,
    '`collector` is missing: the URL at which `siskin serve` answers, or `manifest`, that of an exported one',
  );
  for (const [name, value] of Object.entries(collector ? { app, key } : { app })) {
    need(
      typeof value === 'string' && value !== '',
      `\`${name}\` is missing: \`siskin init\` prints it`,
    );
  }
  need(
    Array.isArray(publicKeys) && publicKeys.length > 0,
    '`publicKeys` must list at least one key: `siskin init` prints it',
  );
  need(
    publicKeys.every((publicKey) => /^[\w+/-]{43}=?$/.test(publicKey)),
    '`publicKeys` must be Ed25519 keys, 32 bytes in base64',
  );
  need(
    Array.isArray(backends) && backends.length > 0 && backends.every((b) => BACKENDS.includes(b)),
    `\`backends\` may hold ${BACKENDS.join(', ')}`,
  );
  need(
    minSequence === undefined || (Number.isSafeInteger(minSequence) && minSequence > 0),
    '`minSequence` must be a whole number above 0',
  );
  const privacy = (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true;
  return {
    app,
    key,
    publicKeys,
    backends,
    allowSoftwareGpu: flag('allowSoftwareGpu', options.allowSoftwareGpu, false),
    consent: flag('consent', options.consent, !privacy) && !!collector,
    windowMs: seconds('windowSeconds', options.windowSeconds, 60),
    pollMs: seconds('pollSeconds', options.pollSeconds, 300),
    ...(collector && { collector: base('collector', collector) }),
    ...(minSequence === undefined ? {} : { minSequence }),
    ...(manifest === undefined ? {} : { manifest: url('manifest', manifest) }),
    ...(assets === undefined ? {} : { assets: base('assets', assets) }),
  };
}

/** @throws SiskinError `browser_unsupported` saying what is missing. */
export function checkBrowser(): void {
  const missing = [
    typeof Worker === 'undefined' && 'Worker',
    typeof WebAssembly === 'undefined' && 'WebAssembly',
    typeof indexedDB === 'undefined' && 'IndexedDB',
    !globalThis.crypto?.subtle && 'crypto.subtle (it needs https: or localhost)',
    !('withResolvers' in Promise && 'any' in AbortSignal) &&
      'Promise.withResolvers and AbortSignal.any (browsers since March 2024 have them)',
  ].filter(Boolean);
  if (missing.length > 0) {
    throw new SiskinError(
      'browser_unsupported',
      `this browser or page lacks ${missing.join(', ')}: Siskin cannot run a model here`,
    );
  }
}
