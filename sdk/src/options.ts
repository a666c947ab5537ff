/** What a page says about its app, checked before anything is started. */
import { type Backend, SiskinError } from '@siskin/protocol';
import type { EngineConfig } from '@siskin/worker';

export interface SiskinOptions {
  /** URL of the collector, absolute or relative to the page. */
  collector: string | URL;
  app: string;
  /** The app's publishable write key, as `siskin init` printed it. */
  key: string;
  /** The app's public keys: a manifest that none of them signed is refused. */
  publicKeys: readonly string[];
  /** Where the manifest is served, if not by the collector. */
  manifest?: string | URL;
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

function url(name: string, value: string | URL): string {
  need(URL.canParse(String(value), location.href), `\`${name}\` is not a URL: "${value}"`);
  return new URL(value, location.href).href;
}

/** @throws SiskinError `config_invalid` naming the option. */
export function toConfig(options: SiskinOptions): EngineConfig {
  need(typeof options === 'object' && options !== null, 'pass { collector, app, key, publicKeys }');
  for (const name of ['collector', 'app', 'key'] as const) {
    need(!!options[name], `\`${name}\` is missing: \`siskin init\` prints it`);
  }
  const { publicKeys, backends = BACKENDS } = options;
  need(
    Array.isArray(publicKeys) && publicKeys.length > 0,
    '`publicKeys` must list at least one key: `siskin init` prints it',
  );
  need(
    publicKeys.every((key) => /^[\w+/-]{43}=?$/.test(key)),
    '`publicKeys` must be Ed25519 keys, 32 bytes in base64',
  );
  need(
    backends.length > 0 && backends.every((b) => BACKENDS.includes(b)),
    `\`backends\` may hold ${BACKENDS.join(', ')}`,
  );
  const known = new Set([
    'collector',
    'app',
    'key',
    'publicKeys',
    'manifest',
    'backends',
    'allowSoftwareGpu',
    'assets',
    'consent',
    'windowSeconds',
    'pollSeconds',
  ]);
  for (const name of Object.keys(options)) need(known.has(name), `there is no option \`${name}\``);
  const privacy = (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true;
  return {
    app: options.app,
    key: options.key,
    collector: url('collector', options.collector).replace(/\/*$/, '/'),
    publicKeys,
    backends,
    allowSoftwareGpu: options.allowSoftwareGpu ?? false,
    consent: options.consent ?? !privacy,
    windowMs: seconds('windowSeconds', options.windowSeconds, 60),
    pollMs: seconds('pollSeconds', options.pollSeconds, 300),
    ...(options.manifest === undefined ? {} : { manifest: url('manifest', options.manifest) }),
    ...(options.assets === undefined
      ? {}
      : { assets: url('assets', options.assets).replace(/\/*$/, '/') }),
  };
}

/** @throws SiskinError `browser_unsupported` saying what is missing. */
export function checkBrowser(): void {
  const missing = [
    typeof Worker === 'undefined' && 'Worker',
    typeof WebAssembly === 'undefined' && 'WebAssembly',
    typeof indexedDB === 'undefined' && 'IndexedDB',
    !globalThis.crypto?.subtle && 'crypto.subtle (it needs https: or localhost)',
  ].filter(Boolean);
  if (missing.length > 0) {
    throw new SiskinError(
      'browser_unsupported',
      `this browser or page lacks ${missing.join(', ')}: Siskin cannot run a model here`,
    );
  }
}
