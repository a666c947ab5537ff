import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, it } from 'vitest';
import type { Report } from '../reports/report.ts';
import { serve, siskin } from '../testing/command.ts';
import { temporaryFolder } from '../testing/folder.ts';
import { writeModel } from '../testing/model.ts';

const modelOf = (path: string) =>
  fileURLToPath(new URL(`../../../demo/models/${path}`, import.meta.url));
const DIGITS = modelOf('digits/v1');
const HOUSE = modelOf('house/v1');

let folder: string;
let data: string;
beforeEach(async () => {
  folder = temporaryFolder();
  data = join(folder, 'data');
  await siskin(['init', '--data', data, '--app', 'shop']);
});

function csv(name: string, header: string, rows: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${header}\n${rows.join('\n')}\n`);
  return path;
}
const label = (file: string, model: string) =>
  siskin(['label', file, '--model', model, '--data', data, '--json']);
const labelNowhere = (file: string, model: string) =>
  siskin([
    'label',
    file,
    '--model',
    model,
    '--url',
    'http://127.0.0.1:1',
    '--app',
    'a',
    '--secret',
    'x',
  ]);
const conceptOf = async (model: string) => {
  const report = await siskin(['report', model, '--data', data, '--json']);
  return (report.json() as Report).versions[0]!.concept!;
};

it('labels of a classification are compared with what was expected, and counted once', async () => {
  await serve(['--data', data]);
  await siskin(['publish', DIGITS, '--data', data]);
  // 1600 answers of which the model was .99 sure; every fourth is wrong.
  const rows = Array.from({ length: 1600 }, (_, i) => `7,0.99,${i % 4 === 0 ? 1 : 7}`);
  const first = csv('labels.csv', 'prediction,confidence,truth', [...rows, '7,0.99,', ',,7']);
  expect((await label(first, DIGITS)).json()).toEqual({
    rows: 1600,
    skipped: 2,
    batches: 16,
    duplicates: 0,
  });
  expect((await label(first, DIGITS)).json()).toMatchObject({ batches: 16, duplicates: 16 });
  const concept = await conceptOf('digits');
  expect(concept).toMatchObject({ measure: 'accuracy', labels: 1600, groups: 16, realised: 0.75 });
  expect(concept.estimated.labelled).toBeGreaterThan(0.9);
  expect(concept.verdict).toMatch(/concept drift|both/);
  const more = csv('more.csv', 'prediction,confidence,truth', rows.slice(0, 160));
  expect((await label(more, DIGITS)).json()).toMatchObject({ rows: 160, duplicates: 0 });
  expect((await conceptOf('digits')).labels).toBe(1760);
});

it('labels of a regression too', async () => {
  await serve(['--data', data]);
  await siskin(['publish', HOUSE, '--data', data]);
  const rows = Array.from({ length: 800 }, (_, i) => {
    const price = 100_000 + 100 * ((i * 37) % 800);
    return `${price},${price * 1.2 + (i % 7) * 100}`;
  });
  await label(csv('sold.csv', 'prediction,truth', rows), HOUSE);
  const concept = await conceptOf('house');
  expect(concept).toMatchObject({ measure: 'residual', labels: 800, verdict: 'concept drift' });
  expect(concept.residuals!.bias.conceptShift.value).toBeGreaterThan(20_000);
});

it.each([
  ['a column that is missing', 'prediction,truth', ['7,7'], DIGITS, /no column "confidence"/],
  ['no rows', 'prediction,confidence,truth', [], DIGITS, /no rows/],
  [
    'a text for a number',
    'prediction,truth',
    ['1,2', 'much,3'],
    HOUSE,
    /line 3, column "prediction"/,
  ],
])('refuses %s, and sends nothing', async (_, header, rows, model, text) => {
  const result = await labelNowhere(csv('labels.csv', header, rows), model);
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toMatch(text);
  expect(result.stderr).toMatch(/\[data_invalid\]\n$/);
});

it('refuses a folder that is not what was published', async () => {
  await serve(['--data', data]);
  await siskin(['publish', HOUSE, '--data', data]);
  const other = join(folder, 'v1');
  cpSync(HOUSE, other, { recursive: true });
  const path = join(other, 'reference.json');
  const moved = readFileSync(path, 'utf8').replace('"center":1269', '"center":1300');
  writeFileSync(path, moved);
  const result = await label(csv('sold.csv', 'prediction,truth', ['1,2']), other);
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toMatch(/published with another reference profile.*\[conflict\]/);
});

it('refuses a version whose reference knows no truths', async () => {
  const model = writeModel(join(folder, 'v1'), 'v1');
  const result = await labelNowhere(csv('labels.csv', 'prediction,truth', ['1,2']), model);
  expect(result.stderr).toMatch(/knows no truths.*siskin profile.*\[profile_invalid\]/);
});
