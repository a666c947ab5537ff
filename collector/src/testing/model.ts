/** A small model as its author hands it in: a price from an area, judged against 2000 houses. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACCOUNTS, type Batch, categoryBinOf, type ModelSpecInput, SERIES } from '@siskin/protocol';
import { line } from './graphs.ts';
import { countNumbers, numericSeries } from './profiles.ts';
import { normal, uniform } from './random.ts';

const random = normal(uniform(1));
const HOUSES = Array.from({ length: 2000 }, () => 1500 + 400 * random());
export const AREA = numericSeries(SERIES.input('area'), HOUSES);

export const MODEL = 'house';

export function spec(version: string): ModelSpecInput {
  return {
    name: MODEL,
    version,
    format: 'onnx',
    files: ['model.onnx'],
    inputs: [{ name: 'area', kind: 'numeric' }],
    outputs: [{ kind: 'regression', unit: '$' }],
  };
}

export const PROFILE = {
  v: 1,
  source: 'simulated houses, seed 1',
  n: HOUSES.length,
  series: [{ definition: AREA, counts: countNumbers(AREA, HOUSES) }],
  metrics: { median_relative_error: 0.08 },
};

/** Dollars for a house that has no area: every version has its own. */
const offsetOf = (version: string): number =>
  createHash('sha256').update(version).digest().readUInt16BE();
const DOLLARS_A_FOOT = 100;

/** The price is 100 dollars a square foot, and the offset: whole numbers that a float32 holds. */
export const modelBytes = (version: string): Buffer => line(DOLLARS_A_FOOT, offsetOf(version));

const AREAS = [0, 1500, 4000];

export const selfTest = (version: string) => ({
  v: 1,
  tolerance: { default: { absolute: 1e-4, relative: 1e-6 } },
  cases: AREAS.map((area) => ({
    inputs: { x: { type: 'float32', dims: [1, 1], data: [area] } },
    outputs: {
      y: { type: 'float32', dims: [1, 1], data: [DOLLARS_A_FOOT * area + offsetOf(version)] },
    },
  })),
});

export const sha256 = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** Writes a model folder as `siskin publish` reads it. */
export function writeModel(
  folder: string,
  version: string,
  changes: { spec?: object; profile?: object; selfTest?: object; bytes?: Buffer } = {},
): string {
  mkdirSync(folder, { recursive: true });
  const put = (name: string, content: string | Buffer): void =>
    writeFileSync(join(folder, name), content);
  put('siskin.json', JSON.stringify({ ...spec(version), ...changes.spec }));
  put('reference.json', JSON.stringify({ ...PROFILE, ...changes.profile }));
  put('selftest.json', JSON.stringify({ ...selfTest(version), ...changes.selfTest }));
  put('model.onnx', changes.bytes ?? modelBytes(version));
  return folder;
}

const LATENCY_BIN = 290;
let batches = 0;

/** What one device counted: predictions of houses of these areas. */
export function batchOf(
  version: string,
  areas: readonly (number | null)[],
  changes: Partial<Batch> & { arm?: 'champion' | 'canary'; id?: string } = {},
): Batch {
  const { arm = 'champion', ...rest } = changes;
  const id = Buffer.alloc(16);
  id.writeUInt32BE(++batches);
  id.writeDoubleBE(Math.random(), 8);
  return {
    v: 1,
    id: id.toString('base64url'),
    group: batches % 16,
    sdk: '0.0.0-test',
    age: 0,
    span: 1000,
    entries: [
      {
        model: MODEL,
        version,
        arm,
        sequence: 1,
        series: {
          [SERIES.predictions]: [categoryBinOf('counted', ACCOUNTS), areas.length],
          [SERIES.latency]: [LATENCY_BIN, areas.length],
          [AREA.name]: countNumbers(AREA, areas),
        },
      },
    ],
    ...rest,
  };
}

/** `n` houses like those of the reference, or larger ones. */
export function houses(n: number, larger = 0, seed = 5): number[] {
  const draw = normal(uniform(seed));
  return Array.from({ length: n }, () => 1500 + larger + 400 * draw());
}
