import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  FIRST_ATOM,
  MISSING,
  POSITIVE_INFINITY,
  parseProfile,
  type ReferenceProfile,
  totalOf,
} from '@siskin/protocol';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { beforeEach, describe, expect, it } from 'vitest';
import { siskin } from '../testing/command.ts';
import { temporaryFolder } from '../testing/folder.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
const specOf = (inputs: object[]) => file('spec.json', JSON.stringify({ inputs }));
const AREA_ROOF = [
  { name: 'area', kind: 'numeric' },
  { name: 'roof', kind: 'categorical' },
];

async function profile(data: string, spec: string, ...flags: string[]) {
  const out = join(folder, 'reference.json');
  const result = await siskin(['profile', data, '--spec', spec, '--out', out, ...flags]);
  expect(result).toMatchObject({ code: 0, stderr: '' });
  const profile = parseProfile(JSON.parse(readFileSync(out, 'utf8')));
  const byName = new Map(profile.series.map((series) => [series.definition.name, series]));
  return { ...result, profile, byName };
}

/** Exit code 2, one line on stderr that names what is wrong, and nothing written. */
async function refused(data: string, spec: string, code: string, text: string | RegExp) {
  const before = readdirSync(folder).sort();
  const out = join(folder, 'reference.json');
  const result = await siskin(['profile', data, '--spec', spec, '--out', out]);
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toMatch(new RegExp(`^siskin: .* \\[${code}\\]\\n$`));
  expect(result.stderr).toMatch(text);
  expect(readdirSync(folder).sort()).toEqual(before);
}

const ROWS = Array.from({ length: 300 }, (_, i) => ({
  area: i % 10 === 0 ? null : 50 + ((i * 37) % 101),
  roof: ['flat', 'hip', 'hip', 'gable'][i % 4]!,
}));
const CSV = `area,roof\n${ROWS.map(({ area, roof }) => `${area ?? ''},${roof}`).join('\n')}\n`;

describe('siskin profile', () => {
  it('gives the same profile of CSV, JSON lines and Parquet', async () => {
    const spec = specOf(AREA_ROOF);
    const source = ['--source', 'three hundred roofs'];
    const found: ReferenceProfile[] = [];
    for (const data of [
      file('a.csv', CSV),
      file('a.ndjson', ROWS.map((row) => JSON.stringify(row)).join('\n')),
      file(
        'a.parquet',
        new Uint8Array(
          parquetWriteBuffer({
            columnData: [
              { name: 'area', data: ROWS.map(({ area }) => area), type: 'DOUBLE' },
              { name: 'roof', data: ROWS.map(({ roof }) => roof), type: 'STRING' },
            ],
          }),
        ),
      ),
    ]) {
      found.push((await profile(data, spec, ...source)).profile);
    }
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
    const [area, roof] = found[0]!.series;
    expect(found[0]).toMatchObject({ n: 300, source: 'three hundred roofs' });
    expect(area!.counts.slice(0, 2)).toEqual([MISSING, 30]);
    expect(totalOf(area!.counts)).toBe(300);
    // By frequency, then by name.
    expect(roof).toMatchObject({
      definition: { categories: ['hip', 'flat', 'gable'] },
      counts: [2, 150, 3, 75, 4, 75],
    });
  });

  it('says what it did, for a person and for a program', async () => {
    const data = file('a.csv', CSV);
    const spec = specOf(AREA_ROOF);
    const { stdout } = await profile(data, spec);
    expect(stdout).toMatch(
      /reference\.json: 300 rows, 3 series, \d principal components; .*rows\/s/,
    );
    expect(stdout).toContain('note: the spec names no model: only the inputs are profiled');
    const json = await profile(data, spec, '--components', '0', '--json');
    expect(json.json()).toMatchObject({ rows: 300, series: 2, components: 0, selfTest: null });
    expect(existsSync(join(folder, 'selftest.json'))).toBe(false);
  });

  it('takes what is odd, and says so', async () => {
    const rows = Array.from(
      { length: 2000 },
      (_, i) => `${i % 100 === 0 ? 'inf' : i % 7},7,id ${i}`,
    );
    const data = file('odd.csv', `a,same,id\n${rows.join('\n')}\n`);
    const spec = specOf([
      { name: 'a', kind: 'numeric' },
      { name: 'same', kind: 'numeric' },
      { name: 'id', kind: 'categorical' },
    ]);
    const { stdout, byName } = await profile(data, spec);
    expect(stdout).toContain('column "a" has NaN or infinite values: they are counted apart');
    expect(stdout).toContain('column "same" has the same value in every row');
    expect(stdout).toContain('column "id" has more than 1000 distinct values');
    expect(byName.get('input/a')!.counts.slice(0, 2)).toEqual([POSITIVE_INFINITY, 20]);
    expect(byName.get('input/same')!).toMatchObject({
      definition: { center: 7, scale: 7, atoms: [7], min: 7, max: 7 },
      counts: [FIRST_ATOM, 2000],
    });
    expect(byName.get('input/id')!.counts.slice(0, 2)).toEqual([1, 1000]);
  });

  it('keeps up with a million distinct texts', async () => {
    const rows = Array.from({ length: 1_100_000 }, (_, i) => (i % 2 === 0 ? 'often' : `id ${i}`));
    const data = file('ids.csv', `id\n${rows.join('\n')}\n`);
    const { byName, stdout } = await profile(data, specOf([{ name: 'id', kind: 'categorical' }]));
    const { definition, counts } = byName.get('input/id')!;
    expect(definition).toMatchObject({ kind: 'category' });
    expect(counts[counts.indexOf(2) + 1]).toBe(550_000);
    expect(totalOf(counts)).toBe(1_100_000);
    expect(stdout).toContain('rarer ones count as "other"');
  });

  it.each([
    ['no rows', 'area,roof\n', /a\.csv has column names but no rows/],
    ['one row', 'area,roof\n1,flat\n', /a\.csv has 1 row: a reference is a distribution/],
    ['nothing', '', /a\.csv is empty/],
    ['a column missing', 'aera,roof\n1,flat\n', /no column "area".*did you mean "aera"\?/],
    [
      'a text among numbers',
      'area,roof\n1,flat\n12 m,hip\n',
      /a\.csv line 3, column "area": "12 m" is no number: write it with a decimal point/,
    ],
    ['no value at all', 'area,roof\n,flat\n,hip\n', /column "area": no row has a value/],
    ['a line cut off', 'area,roof\n1,flat\n2\n', /a\.csv line 3 has 1 values/],
  ])('refuses data with %s', async (_, content, text) => {
    await refused(file('a.csv', content), specOf(AREA_ROOF), 'data_invalid', text);
  });

  it.each([
    ['not JSON', '{"inputs": ]', /spec\.json line 1, column 12 is not JSON: value expected/],
    ['empty', '', /spec\.json line 1, column 1 is not JSON/],
    ['without inputs', '{}', /spec\.json line 1, column 1, inputs: it is missing/],
    [
      'of an unknown kind',
      '{\n  "inputs": [\n    {"name": "a", "kind": "nominal"}]}',
      /line 3, column 27, inputs\.0\.kind: .*"nominal"/,
    ],
    [
      'misspelt',
      '{"inputs":[{"name":"a","kind":"numeric","mena":1}]}',
      /column 48, inputs\.0\.mena: there is no such member/,
    ],
    ['misspelt above', '{"input":[]}', /input: there is no such member: did you mean "inputs"\?/],
    ['with a name twice', JSON.stringify({ inputs: [AREA_ROOF[0], AREA_ROOF[0]] }), /named twice/],
    ['cut short', '{"files":["m.onnx"],"inputs":[]}', /column 1, name: it is missing; .*version/],
  ])('refuses a spec that is %s', async (_, content, text) => {
    await refused(file('a.csv', CSV), file('spec.json', content), 'spec_invalid', text);
  });

  it('refuses to write where it cannot, and leaves nothing behind', async () => {
    const args = ['profile', file('a.csv', CSV), '--spec', specOf(AREA_ROOF), '--out'];
    const before = readdirSync(folder).sort();
    const result = await siskin([...args, join(folder, 'none', 'reference.json')]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(
      /none\/reference\.json cannot be written: there is no folder .* \[usage\]\n$/,
    );
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  it('does not begin what it could not write, and writes over nothing that it reads', async () => {
    const data = file('a.csv', CSV);
    const spec = specOf(AREA_ROOF);
    const out = join(folder, 'out.json');
    const before = readdirSync(folder).sort();
    for (const [flags, text] of [
      [['--out', data], /a\.csv cannot be written: it is what is read/],
      [['--out', spec], /spec\.json cannot be written: it is what is read/],
      [['--out', folder], /it is a folder/],
      [['--out', out, '--self-test', out], /two files would go there/],
    ] as const) {
      const result = await siskin(['profile', data, '--spec', spec, ...flags]);
      expect(result).toMatchObject({ code: 2, stdout: '' });
      expect(result.stderr).toMatch(text);
    }
    expect(readdirSync(folder).sort()).toEqual(before);
    expect(readFileSync(data, 'utf8')).toBe(CSV);
  });

  it('takes long texts for other, and says so', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? 'x'.repeat(150) : 'short'));
    const data = file('long.csv', `id\n${rows.join('\n')}\n`);
    const found = await profile(data, specOf([{ name: 'id', kind: 'categorical' }]));
    expect(found.byName.get('input/id')!.counts).toEqual([1, 10, 2, 30]);
    expect(found.stdout).toContain('values of more than 128 characters: they count as "other"');
  });

  it('says when categories are written in another way than in the spec', async () => {
    const spec = specOf([{ name: 'air', kind: 'categorical', categories: ['yes', 'no'] }]);
    const some = file('some.csv', `air\n${'yes\n'.repeat(9)}Y\n`);
    expect((await profile(some, spec)).stdout).toContain(
      'column "air": 10.0 % of the rows have a category that the spec does not name',
    );
    rmSync(join(folder, 'reference.json'));
    const none = file('none.csv', `air\n${'Y\nN\n'.repeat(9)}`);
    await refused(none, spec, 'data_invalid', /column "air": no row has a category/);
  });

  it('tells misuse', async () => {
    expect((await siskin(['profile', 'a.csv'])).stderr).toMatch(/--spec/);
    const share = await siskin([
      'profile',
      'a.csv',
      '--spec',
      's',
      '--out',
      'o',
      '--components',
      '1',
    ]);
    expect(share).toMatchObject({ code: 2 });
    expect(share.stderr).toContain('a share from 0 to below 1');
  });
});
