/** How a collector is set up, checked key by key: flags before environment before file. */
import { issuesOf, messageOf, SiskinError } from '@siskin/protocol';
import { closest, distance } from 'fastest-levenshtein';
import * as v from 'valibot';

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;

const Origin = v.pipe(
  v.string(),
  v.check(
    (text) => URL.canParse(text) && new URL(text).origin === text,
    'an origin is like https://shop.example, without a path',
  ),
);

const entries = {
  /** The data folder. */
  data: v.pipe(v.string(), v.minLength(1)),
  host: v.optional(v.pipe(v.string(), v.minLength(1)), '127.0.0.1'),
  /** 0: any free one. */
  port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)), 4100),
  /** Origins of pages that may send batches; without it, all. */
  origins: v.optional(v.array(Origin)),
  /** Length of a counting window, seconds. */
  window: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(86_400)), 60),
  /** How long a manifest is valid, hours; it is renewed before half of that. */
  validity: v.optional(v.pipe(v.number(), v.minValue(0.001), v.maxValue(24 * 365)), 24),
  /** How often rollouts are judged, seconds. */
  evaluate: v.optional(v.pipe(v.number(), v.minValue(0.05), v.maxValue(3600)), 5),
  /** Largest artifact, MiB. */
  maxArtifact: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4096)), 1024),
  /** How long a model may take to load and to pass its self-test when it is published, seconds. */
  trialSeconds: v.optional(v.pipe(v.number(), v.minValue(0.1), v.maxValue(3600)), 60),
  /** How much memory it may take for that, MiB, besides three times its files. */
  trialMemory: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(64), v.maxValue(16_384)),
    1024,
  ),
  dashboard: v.optional(v.picklist(['sign-in', 'open']), 'sign-in'),
  log: v.optional(v.picklist(LEVELS), 'info'),
};
const ConfigSchema = v.strictObject(entries);

export type Config = v.InferOutput<typeof ConfigSchema>;
export type ConfigInput = v.InferInput<typeof ConfigSchema>;

const KEYS = Object.keys(entries);
const NUMBERS = new Set([
  'port',
  'window',
  'validity',
  'evaluate',
  'maxArtifact',
  'trialSeconds',
  'trialMemory',
]);

/** @param where it comes from, for messages. @throws SiskinError `config_invalid`. */
export function parseConfig(value: unknown, where: string): Config {
  rejectUnknown(value, where);
  const parsed = v.safeParse(ConfigSchema, value);
  if (!parsed.success) {
    throw new SiskinError('config_invalid', `${where}: ${issuesOf(parsed.issues)}`);
  }
  return parsed.output;
}

/** The keys of a configuration file, not yet complete. @throws SiskinError `config_invalid`. */
export function parseConfigFile(text: string, path: string): Partial<ConfigInput> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SiskinError('config_invalid', `${path} is not JSON: ${messageOf(cause)}`, { cause });
  }
  rejectUnknown(value, path);
  const parsed = v.safeParse(v.partial(ConfigSchema), value);
  if (!parsed.success) {
    throw new SiskinError('config_invalid', `${path}: ${issuesOf(parsed.issues)}`);
  }
  return value as Partial<ConfigInput>;
}

/**
 * `SISKIN_PORT=4100` and the like. Other programs may have variables of that prefix, so only those
 * that look like a slip of the pen are refused.
 * @throws SiskinError `config_invalid`.
 */
export function configOfEnvironment(env: Record<string, string | undefined>): Partial<ConfigInput> {
  const names = new Map(KEYS.map((key) => [variableOf(key), key]));
  const config: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('SISKIN_') || text === undefined || text === '') continue;
    const key = names.get(name);
    if (key !== undefined) {
      if (key === 'origins') config[key] = text.split(',').map((origin) => origin.trim());
      else config[key] = NUMBERS.has(key) ? Number(text) : text;
      continue;
    }
    const near = closest(name, [...names.keys()]);
    if (distance(name, near) <= 2) {
      throw new SiskinError(
        'config_invalid',
        `the environment has no setting "${name}": did you mean "${near}"?`,
      );
    }
  }
  return config;
}

function variableOf(key: string): string {
  return `SISKIN_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function rejectUnknown(value: unknown, where: string): void {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new SiskinError('config_invalid', `${where} is not an object of settings`);
  }
  for (const key of Object.keys(value)) {
    if (!KEYS.includes(key)) {
      throw new SiskinError(
        'config_invalid',
        `${where} has no setting "${key}": did you mean "${closest(key, KEYS)}"?`,
      );
    }
  }
}
