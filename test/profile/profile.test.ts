/** `siskin profile` on real houses and digits, with their real models, as their publisher would. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  differenceOf,
  parseProfile,
  parseSelfTest,
  parseSpec,
  tensorsOf,
  totalOf,
} from '@siskin/protocol';
import { openGraph } from '@siskin/worker/reference';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SIDE, splitDigits } from '../../demo/data/digits.ts';
import { splitHouses } from '../../demo/data/houses.ts';
import { siskin } from '../../scripts/command.ts';

const MODELS = new URL('../../demo/models/', import.meta.url);

/** A model's folder as someone who trained it has it before publishing. */
function folderOf(model: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'siskin-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(fileURLToPath(new URL(model, MODELS)), folder, { recursive: true });
  for (const made of ['reference.json', 'selftest.json']) rmSync(join(folder, made));
  return folder;
}

async function profiled(folder: string, data: string, file: string) {
  const spec = join(folder, file);
  const summary = await siskin(
    ...['profile', data, '--spec', spec, '--out', join(folder, 'reference.json')],
  );
  const json = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const model = parseSpec(json(file));
  const files = new Map(
    model.files.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]),
  );
  const graph = await openGraph(model, files);
  onTestFinished(() => graph.dispose());
  return {
    summary,
    graph,
    profile: parseProfile(json('reference.json')),
    selfTest: parseSelfTest(json('selftest.json')),
  };
}

describe('houses, as CSV', () => {
  it('give the profile that the training script wrote, residuals and a self-test that passes', async () => {
    const file = 'siskin.json';
    const folder = folderOf('house/v1');
    const { training, heldOut } = splitHouses();
    const known = [...training, ...heldOut];
    const columns = Object.keys(known[0]!.inputs) as (keyof (typeof known)[number]['inputs'])[];
    // Prices of houses that the model has learnt are left out: an empty cell is no truth.
    const lines = known.map(({ inputs, price }, i) =>
      [...columns.map((name) => `"${inputs[name]}"`), i < training.length ? '' : price].join(','),
    );
    const data = join(folder, 'houses.csv');
    writeFileSync(data, [[...columns, 'price'].join(','), ...lines].join('\n'));
    const { profile, selfTest, graph, summary } = await profiled(folder, data, file);

    const committed = parseProfile(
      JSON.parse(readFileSync(new URL('house/v1/reference.json', MODELS), 'utf8')),
    );
    // The script asks TensorFlow.js and this command ONNX: outputs differ in their last digits.
    const inputs = (series: typeof profile.series) =>
      series.filter(({ definition }) => /^inputs?\//.test(definition.name));
    expect(inputs(profile.series)).toEqual(inputs(committed.series));
    expect(
      profile.series.map(({ definition, counts }) => [definition.name, totalOf(counts)]),
    ).toEqual(committed.series.map(({ definition, counts }) => [definition.name, totalOf(counts)]));
    expect(profile.pca).toEqual(committed.pca);
    expect(summary).toMatchObject({ rows: 1813, notes: [] });
    expect(profile.metrics.median_relative_error).toBeCloseTo(
      committed.metrics.median_relative_error!,
      3,
    );
    for (const { inputs, outputs } of selfTest.cases) {
      const got = await graph.run(tensorsOf(inputs));
      expect(differenceOf(got, outputs, selfTest.tolerance.default)).toBeUndefined();
    }
  });
});

describe('digits, as JSON lines, in TensorFlow.js', () => {
  it('give a calibration by which the model expects the accuracy that it has', async () => {
    const file = 'siskin.tfjs.json';
    const folder = folderOf('digits/v1');
    const digits = splitDigits().heldOut.slice(0, 600);
    const data = join(folder, 'digits.ndjson');
    const lines = digits.map(({ label, pixels }) =>
      JSON.stringify({
        image: { width: SIDE, height: SIDE, data: Array.from(pixels) },
        digit: label,
      }),
    );
    writeFileSync(data, lines.join('\n'));
    const { profile, selfTest } = await profiled(folder, data, file);

    const { reliability, calibration, confusion } = profile.outcomes!;
    expect(totalOf(reliability)).toBe(600);
    expect(totalOf(confusion!)).toBe(600);
    let expected = 0;
    for (let i = 0; i < reliability.length; i += 2)
      expected += reliability[i + 1]! * calibration[reliability[i]! >> 1]!;
    // Isotonic regression keeps the mean: what is expected of the reference is what it has.
    expect(expected / 600).toBeCloseTo(profile.metrics.accuracy!, 6);
    expect(profile.metrics.accuracy).toBeGreaterThan(0.85);
    for (const [bin, share] of calibration.entries())
      if (bin > 0) expect(share).toBeGreaterThanOrEqual(calibration[bin - 1]!);
    expect(selfTest.cases.length).toBeGreaterThanOrEqual(2);
  });
});
