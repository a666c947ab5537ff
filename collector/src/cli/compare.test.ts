import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NannymlResult } from '../compare/nannyml.ts';
import type { FeatureComparison } from '../comparing.ts';
import { siskin } from '../testing/command.ts';
import { temporaryFolder } from '../testing/folder.ts';
import { normal, uniform } from '../testing/random.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});

type Cell = string | number | null;
type Columns = Record<string, readonly Cell[]>;

function csv(name: string, columns: Columns): string {
  const size = Math.max(...Object.values(columns).map((column) => column.length));
  const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = Array.from({ length: size }, (_, i) =>
    Object.values(columns)
      .map((column) => quoted(String(column[i] ?? '')))
      .join(','),
  );
  const header = Object.keys(columns).map(quoted).join(',');
  return file(name, `${header}\n${lines.join('\n')}\n`);
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const specOf = (inputs: object[]) => file('spec.json', JSON.stringify({ inputs }));

async function compare(reference: string, current: string, ...flags: string[]) {
  const result = await siskin(['compare', reference, current, '--json', ...flags]);
  expect(result.stderr).toBe('');
  // JSON has no NaN: what is not finite would stand there as null.
  const { features, ...rest } = result.json() as {
    features: FeatureComparison[];
    drifted: boolean;
    rows: { reference: number; current: number };
  };
  const byName = new Map(features.map((feature) => [feature.name, feature]));
  const scoreOf = (name: string, test: string) => {
    const found = byName.get(name)?.tests[test];
    if (found === undefined || 'error' in found) throw new Error(`no ${test} of ${name}`);
    return found;
  };
  return { code: result.code, features, byName, scoreOf, ...rest };
}

/** Exit code 2 and one line that says what is wrong. */
async function refused(args: string[], code: string, text: RegExp) {
  const result = await siskin(['compare', ...args]);
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toMatch(new RegExp(`^siskin: .* \\[${code}\\]\\n$`));
  expect(result.stderr).toMatch(text);
}

interface Iris {
  features: Record<
    string,
    {
      type: 'num' | 'cat';
      reference: number[];
      current_shift: number[];
      expected: {
        shift: Record<string, { score: number; drifted: boolean; threshold: number; test: string }>;
      };
    }
  >;
}
const IRIS: Iris = JSON.parse(
  readFileSync(new URL('../../../test/oracle/drift/evidently_iris.json', import.meta.url), 'utf8'),
);

describe('siskin compare --as evidently', () => {
  it('says of iris in two files what Evidently says', async () => {
    const side = (name: 'reference' | 'current_shift') =>
      Object.fromEntries(Object.entries(IRIS.features).map(([key, x]) => [key, x[name]]));
    const spec = specOf(
      Object.entries(IRIS.features).map(([name, { type }]) => ({
        name: name.replaceAll(/[ ()]/g, '_'),
        kind: type === 'num' ? 'numeric' : 'categorical',
      })),
    );
    const named = (columns: Columns): Columns =>
      Object.fromEntries(
        Object.entries(columns).map(([name, column]) => [name.replaceAll(/[ ()]/g, '_'), column]),
      );
    const { code, byName, drifted } = await compare(
      csv('reference.csv', named(side('reference'))),
      csv('current.csv', named(side('current_shift'))),
      '--as',
      'evidently',
      '--spec',
      spec,
    );
    expect({ code, drifted }).toEqual({ code: 1, drifted: true });
    for (const [name, { expected, type }] of Object.entries(IRIS.features)) {
      const feature = byName.get(name.replaceAll(/[ ()]/g, '_'))!;
      const { _default, ...tests } = expected.shift;
      expect(feature).toMatchObject({
        kind: type === 'num' ? 'numeric' : 'categorical',
        chosen: _default!.test,
        drifted: _default!.drifted,
      });
      let compared = 0;
      for (const [test, { score, drifted, threshold }] of Object.entries(tests)) {
        if (test.startsWith('_')) continue;
        expect(feature.tests[test]).toMatchObject({ drifted, threshold });
        const ours = (feature.tests[test] as { score: number }).score;
        expect(Math.abs(ours / score - 1), `${name} ${test}`).toBeLessThan(1e-6);
        compared++;
      }
      expect(compared).toBeGreaterThan(4);
    }
  });

  it('takes columns of unequal length, numbers as categories, and test names', async () => {
    const reference = csv('a.csv', { x: [1, 2, 3, 4, 5, 6, 7, 8], roof: [1, 2, 1, 2, 1] });
    const current = csv('b.csv', { roof: [2, 2, 1], x: [3, 4, 5, null, 9] });
    const spec = specOf([
      { name: 'x', kind: 'numeric' },
      { name: 'roof', kind: 'categorical' },
    ]);
    const flags = ['--as', 'evidently', '--spec', spec, '--tests', 't_test,z'];
    const { byName, scoreOf, rows, code } = await compare(reference, current, ...flags);
    expect(rows).toEqual({ reference: 8, current: 5 });
    expect(byName.get('x')).toMatchObject({ chosen: 't_test' });
    expect(byName.get('roof')).toMatchObject({ chosen: 'z' });
    // scipy.stats.ttest_ind([1..8], [3, 4, 5, 9]) and Evidently's z of 2 of 5 against 2 of 3.
    expect(scoreOf('x', 't_test').score).toBeCloseTo(0.635442773986113, 12);
    expect(scoreOf('roof', 'z').score).toBeCloseTo(0.4652088184521417, 12);
    expect(code).toBe(0);
  });

  it('takes a whole spec, and says which inputs it leaves out', async () => {
    const spec = specOf([
      { name: 'age', kind: 'numeric', mean: 40, scale: 10, fill: 40 },
      { name: 'note', kind: 'text', length: 16 },
      { name: 'roof', kind: 'categorical', categories: ['flat', 'hip'] },
    ]);
    const times = <T>(values: T[]): T[] => Array.from({ length: 5 }, () => values).flat();
    const columns = {
      note: times(['a', 'b', 'c']),
      age: times([30, 40, 50]),
      roof: times(['flat', 'hip', 'tent']),
    };
    const path = csv('a.csv', columns);
    for (const as of ['siskin', 'evidently', 'nannyml']) {
      const args = ['compare', path, path, '--spec', spec, '--as', as];
      const { stdout, code } = await siskin([...args, '--json']);
      const { features, skipped } = JSON.parse(stdout) as { features: object[]; skipped: string[] };
      expect({ code, skipped }).toEqual({ code: 0, skipped: ['note'] });
      expect(features).toMatchObject([{ name: 'age' }, { name: 'roof' }]);
      expect((await siskin(args)).stdout).toMatch(/not compared, .*: note\n$/);
    }
  });

  it('is refused where nothing can be compared', async () => {
    const a = csv('a.csv', { x: [1, 2, 3] });
    const gone = csv('b.csv', { x: [null, null, null], y: [1, 2, 3] });
    const spec = specOf([{ name: 'x', kind: 'numeric' }]);
    for (const as of ['evidently', 'nannyml'])
      await refused(
        [a, gone, '--spec', spec, '--as', as],
        'data_invalid',
        /nothing of .* can be compared/,
      );
  });

  it('goes on where a test is not defined', async () => {
    const constant = {
      x: Array.from({ length: 20 }, () => 5),
      y: Array.from({ length: 20 }, () => 'a'),
    };
    const { byName, code } = await compare(
      csv('a.csv', { ...constant, gone: [1, 2, 3] }),
      csv('b.csv', { ...constant, gone: [] }),
      '--as',
      'evidently',
    );
    expect(code).toBe(0);
    expect(byName.get('x')).toMatchObject({
      chosen: 'z',
      drifted: false,
      tests: {
        z: { score: 1, drifted: false },
        es: { error: expect.stringContaining('interquartile range') },
        t_test: { error: expect.stringContaining('all are the same') },
      },
    });
    expect(byName.get('y')).toMatchObject({ tests: { chisquare: { error: expect.any(String) } } });
    expect(byName.get('gone')).toMatchObject({
      chosen: null,
      drifted: false,
      tests: {},
      error: expect.stringContaining('no value in the current file'),
    });
  });
});

describe('siskin compare --as nannyml', () => {
  const column = (add: number) => Array.from({ length: 40 }, (_, i) => ((i * 7) % 20) + add);

  it('cuts the files into chunks', async () => {
    const flags = ['--as', 'nannyml', '--tests', 'kolmogorov_smirnov', '--chunk-size', '8'];
    const a = csv('a.csv', { x: column(0) });
    const b = csv('b.csv', { x: column(10) });
    const { code, scoreOf } = await compare(a, b, ...flags);
    expect(code).toBe(1);
    const result = scoreOf('x', 'kolmogorov_smirnov') as NannymlResult;
    expect(result.chunks.map(({ rows }) => rows)).toEqual([
      [0, 8],
      [8, 16],
      [16, 24],
      [24, 32],
      [32, 40],
    ]);
    expect(result.score).toBe(Math.max(...result.chunks.map(({ value }) => value!)));
    const same = await compare(a, a, '--as', 'nannyml', '--chunk-number', '4');
    expect(same.code).toBe(0);
    expect(Object.keys(same.byName.get('x')!.tests)).toHaveLength(4);
  });

  it('wants as many rows as chunks', async () => {
    const few = csv('few.csv', { x: [1, 2, 3] });
    await refused([few, few, '--as', 'nannyml'], 'data_invalid', /3 rows cannot be 10 chunks/);
    await refused(
      [few, few, '--as', 'nannyml', '--chunk-size', '2', '--chunk-number', '2'],
      'usage',
      /cannot be used with/,
    );
    await refused([few, few, '--as', 'nannyml', '--chunk-size', '0'], 'usage', /whole number/);
  });
});

describe('siskin compare, from counts', () => {
  const gauss = normal(uniform(5));
  const rows = (size: number, shift: number, missing: number): Columns => ({
    moved: Array.from({ length: size }, () => +(gauss() + shift).toFixed(4)),
    still: Array.from({ length: size }, () => +(gauss() * 3 + 100).toFixed(4)),
    gaps: Array.from({ length: size }, (_, i) => (i % 100 < missing ? null : (i * 37) % 50)),
    roof: Array.from({ length: size }, (_, i) => ['flat', 'hip', 'hip', 'gable, "old"'][i % 4]!),
  });

  it('finds what moved by what matters, and nothing else', async () => {
    const a = csv('a.csv', rows(3000, 0, 1));
    const moved = await compare(a, csv('b.csv', rows(2000, 0.5, 20)));
    expect(moved.code).toBe(1);
    expect(moved.features.filter(({ drifted }) => drifted).map(({ name }) => name)).toEqual([
      'moved',
      'gaps',
    ]);
    expect(moved.scoreOf('moved', 'smooth')).toMatchObject({ by: 'smooth' });
    expect(moved.scoreOf('gaps', 'smooth')).toMatchObject({ by: 'missing' });
    // A normal that moves by half a σ: W1 is .5 σ, an IQR is 1.349 σ; PSI .25.
    expect(moved.scoreOf('moved', 'wasserstein').score).toBeCloseTo(0.5 / 1.349, 1);
    expect(moved.scoreOf('moved', 'psi').score).toBeGreaterThan(0.18);
    expect(moved.scoreOf('moved', 'psi').score).toBeLessThan(0.35);
    expect(moved.scoreOf('roof', 'total_variation').score).toBe(0);
    expect(Object.keys(moved.byName.get('roof')!.tests)).not.toContain('ks');

    const still = await compare(a, csv('c.csv', rows(2000, 0, 1)));
    expect(still).toMatchObject({ code: 0, drifted: false });
  });

  it('sees categories that the reference does not have, by every distance', async () => {
    const of = (labels: string[]) =>
      Array.from({ length: 600 }, (_, i) => labels[i % labels.length]!);
    const a = csv('a.csv', { roof: of(['flat', 'hip']) });
    const some = await compare(a, csv('b.csv', { roof: of(['flat', 'hip', 'tent', 'dome']) }));
    // Half of the mass is where there was none.
    expect(some.scoreOf('roof', 'total_variation').score).toBe(0.5);
    expect(some.scoreOf('roof', 'psi')).toMatchObject({ drifted: true });
    expect(some.byName.get('roof')).toMatchObject({ drifted: true });
    const all = await compare(a, csv('c.csv', { roof: of(['tent']) }), '--tests', 'l_infinity,psi');
    expect(all.scoreOf('roof', 'l_infinity').score).toBe(1);
    expect(all.byName.get('roof')).toMatchObject({ drifted: true });
  });

  it('takes a category that a spec names alone as it is', async () => {
    const roofs = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? 'flat' : 'hip'));
    const path = csv('a.csv', { roof: roofs });
    const spec = specOf([{ name: 'roof', kind: 'categorical', categories: ['flat'] }]);
    expect((await compare(path, path, '--spec', spec)).code).toBe(0);
  });

  it('sees a column that goes missing altogether', async () => {
    const a = csv('a.csv', rows(1000, 0, 0));
    const gone = await compare(
      a,
      csv('b.csv', { ...rows(1000, 0, 0), gaps: Array(1000).fill(null) }),
    );
    expect(gone.code).toBe(1);
    expect(gone.byName.get('gaps')).toMatchObject({ drifted: true });
    expect(gone.scoreOf('gaps', 'smooth')).toMatchObject({ by: 'missing', drifted: true });
  });

  it('tells a person, the deciding test first', async () => {
    const a = csv('a.csv', rows(500, 0, 0));
    const { stdout, code } = await siskin(['compare', a, csv('b.csv', rows(500, 2, 0))]);
    expect(code).toBe(1);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^1 of 4 columns drifted \(as siskin\): .*a\.csv, 500 rows, against/);
    expect(lines[3]).toMatch(/^moved {2,}smooth \* +\S+ +0\.005 {2}drift$/);
    expect(lines.slice(3, -1).every((line) => / (ok|drift)$/.test(line))).toBe(true);
  });
});

describe('siskin compare refuses', () => {
  const good = () => csv('good.csv', { age: [1, 2, 3], roof: ['a', 'b', 'c'] });

  it('a column that one file lacks', async () => {
    const other = csv('other.csv', { age: [1, 2], rooff: ['a', 'b'] });
    await refused(
      [good(), other],
      'data_invalid',
      /other\.csv has no column "roof", .*did you mean "rooff"/,
    );
    const more = csv('more.csv', { age: [1], roof: ['a'], extra: [1] });
    await refused([good(), more], 'data_invalid', /good\.csv has no column "extra", .*--spec/);
    const spec = specOf([{ name: 'agee', kind: 'numeric' }]);
    await refused([good(), good(), '--spec', spec], 'data_invalid', /no column "agee"/);
  });

  it('files without rows, and files that are not there', async () => {
    const empty = file('empty.csv', 'age,roof\n');
    await refused([good(), empty], 'data_invalid', /empty\.csv has column names but no rows/);
    await refused([good(), join(folder, 'none.csv')], 'data_invalid', /none\.csv cannot be read/);
  });

  it('a cell that is no number, naming file, line and column', async () => {
    const spec = specOf([{ name: 'age', kind: 'numeric' }]);
    const bad = csv('bad.csv', { age: [1, 'old', 3] });
    for (const as of ['siskin', 'evidently', 'nannyml']) {
      const args = [good(), bad, '--spec', spec, '--as', as];
      await refused(args, 'data_invalid', /bad\.csv line 3, column "age": "old" is no number/);
    }
  });

  it('tests that there are not, and those that fit no column', async () => {
    await refused([good(), good(), '--tests', 'kss'], 'usage', /did you mean "ks"\? It has smooth/);
    await refused([good(), good(), '--as', 'nobody'], 'usage', /Allowed choices are siskin/);
    const spec = specOf([{ name: 'roof', kind: 'categorical' }]);
    const args = [good(), good(), '--spec', spec, '--as', 'evidently', '--tests', 'ks'];
    await refused(args, 'usage', /none of these tests applies to a categorical column/);
  });
});
