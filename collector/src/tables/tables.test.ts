import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/folder.ts';
import { categoryIn, numberIn } from './cells.ts';
import { openTable } from './open.ts';
import type { Row } from './table.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function read(path: string): Promise<{ columns: readonly string[]; rows: Row[] }> {
  const table = await openTable(path);
  const rows: Row[] = [];
  for await (const batch of table.rows()) rows.push(...batch);
  return { columns: table.columns, rows };
}
const cells = async (path: string) => (await read(path)).rows.map((row) => row.cells);
const refused = async (path: string, text: string | RegExp) => {
  const failure = await read(path).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code: 'data_invalid' });
  const { message } = failure as Error;
  expect(message).toContain(path);
  expect(message).toMatch(text);
};

describe('comma-separated values', () => {
  it('are read as RFC 4180 has them, with lines told', async () => {
    const path = file('rfc.csv', '\uFEFFa,b\r\n1,"x, ""y"""\r\n\r\n,"two\nlines"\r\n3,z');
    expect(await read(path)).toEqual({
      columns: ['a', 'b'],
      rows: [
        { cells: ['1', 'x, "y"'], line: 2 },
        { cells: [null, 'two\nlines'], line: 5 },
        { cells: ['3', 'z'], line: 6 },
      ],
    });
  });

  it('of more than one chunk lose nothing, whatever the characters', async () => {
    const rows = Array.from({ length: 60_000 }, (_, i) => [`${i}`, `Straße ${i} 🐦`]);
    const path = file('long.csv', `n,street\n${rows.map((row) => row.join(',')).join('\n')}\n`);
    expect(await cells(path)).toEqual(rows);
    let last = 0;
    const table = await openTable(path);
    for await (const _ of table.rows((bytes) => {
      expect(bytes).toBeGreaterThan(last);
      last = bytes;
    }));
    expect(last).toBe(table.size);
  });

  it('may end their lines in either way', async () => {
    const mixed = [
      ['1', 'x'],
      ['2', 'y'],
    ];
    expect(await cells(file('lf-first.csv', 'a,b\n1,x\r\n2,y\r\n'))).toEqual(mixed);
    expect(await cells(file('crlf-first.csv', 'a,b\r\n1,x\n2,y\n'))).toEqual(mixed);
  });

  it('may be separated by tabs', async () => {
    expect(await cells(file('a.tsv', 'a\tb\n1\t2,5\n'))).toEqual([['1', '2,5']]);
  });

  it.each([
    ['empty', '', /is empty/],
    ['header only', 'a,b\n', /no rows/],
    ['ragged: too few', 'a,b\n1,2\n3\n', /line 3 has 1 values .* 2 columns/],
    ['ragged: too many', 'a,b\n1,2,5\n', /line 2 has 3 values .* comma/],
    ['a column twice', 'a,a\n1,2\n', /line 1: column "a" is there twice/],
    ['a column without a name', 'a,\n1,2\n', /line 1: column 2 has no name/],
    ['other separators', 'a;b\n1;2\n', /separate them by commas/],
    ['an open quote', 'a,b\n1,"2\n3,4\n', /line \d+: Quote Not Closed/],
    ['a quote inside', 'a,b\n1,2"3\n', /line 2: .*[Qq]uote/],
    ['not UTF-8', Uint8Array.of(97, 10, 0xff, 0xfe, 10), /no UTF-8 text between bytes 0 and 5/],
    ['cut off in a character', Uint8Array.of(97, 10, 0xc3), /no UTF-8 text between bytes 2 and 3/],
  ])('that are wrong are refused: %s', async (name, content, text) => {
    await refused(file(`${name.replace(/\W/g, '-')}.csv`, content), text);
  });
});

describe('JSON by lines', () => {
  it('is read by member, and what a line lacks is missing', async () => {
    const path = file('a.ndjson', '{"a":1,"b":[1,2]}\n\n{"b":null,"c":"x"}');
    expect(await read(path)).toEqual({
      columns: ['a', 'b', 'c'],
      rows: [
        { cells: [1, [1, 2], null], line: 1 },
        { cells: [null, null, 'x'], line: 3 },
      ],
    });
  });

  it.each([
    ['empty', '\n\n', /is empty/],
    ['not JSON', '{"a":1}\n{a:2}\n', /line 2 is not JSON/],
    ['a list', '[1]\n', /line 1 is no JSON object/],
    ['a late member', `${'{"a":1}\n'.repeat(1000)}{"a":1,"c":2}\n`, /line 1001 has a member "c"/],
  ])('that is wrong is refused: %s', async (name, content, text) => {
    await refused(file(`${name.replace(/\W/g, '-')}.jsonl`, content), text);
  });
});

describe('Parquet', () => {
  const bytes = (rowGroupSize?: number) =>
    new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'x', data: [1.5, null, Number.NaN], type: 'DOUBLE' },
          { name: 'n', data: [1n, 2n, 2n ** 60n], type: 'INT64' },
          { name: 'name', data: ['a', 'b', 'ü'], type: 'STRING' },
        ],
        ...(rowGroupSize !== undefined && { rowGroupSize }),
      }),
    );

  it.each([[undefined], [2], [1]])('is read in row groups of %s', async (size) => {
    expect(await read(file(`${size}.parquet`, bytes(size)))).toEqual({
      columns: ['x', 'n', 'name'],
      rows: [
        { cells: [1.5, 1, 'a'], line: 1 },
        { cells: [null, 2, 'b'], line: 2 },
        { cells: [Number.NaN, '1152921504606846976', 'ü'], line: 3 },
      ],
    });
  });

  it('that is none, or cut off, is refused', async () => {
    await refused(file('text.parquet', 'a,b\n1,2\n'), /cannot be read as Parquet/);
    await refused(file('cut.parquet', bytes().subarray(0, 60)), /cannot be read as Parquet/);
  });
});

it('what is no table is refused', async () => {
  await refused(join(folder, 'none.csv'), /cannot be read/);
  await refused(folder, /is no file/);
  await refused(file('a.xlsx', 'a'), /\.csv, \.tsv, \.ndjson, \.jsonl, \.parquet/);
});

describe('a cell', () => {
  it.each([
    ['12', 12],
    [' -1.5e3 ', -1500],
    ['0', 0],
    ['', null],
    [' ', null],
    ['NA', null],
    ['None', null],
    ['nan', Number.NaN],
    ['-inf', -Infinity],
    ['Infinity', Infinity],
    ['true', 1],
    ['1,5', undefined],
    ['12 m', undefined],
    [null, null],
  ])('of CSV as a number: %j is %s', (cell, number) => {
    expect(numberIn(cell, true)).toBe(number);
  });

  it.each([
    [1.5, 1.5],
    [false, 0],
    ['NaN', Number.NaN],
    ['-Infinity', -Infinity],
    ['12', undefined],
    ['true', undefined],
    [[1], undefined],
    [null, null],
  ])('of JSON as a number: %j is %s', (cell, number) => {
    expect(numberIn(cell, false)).toBe(number);
  });

  it('as a category', () => {
    expect(['NA', 3, true, null, [1]].map(categoryIn)).toEqual([
      'NA',
      '3',
      'true',
      null,
      undefined,
    ]);
  });
});
