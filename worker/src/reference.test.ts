import { FIRST_ATOM, MISSING, type ModelSpec, parseSpec, totalOf } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import { type Graph, type ProfileOptions, profileOf, type ReferenceRow } from './reference.ts';

const SPEC: ModelSpec = parseSpec({
  name: 'fare',
  version: 'v1',
  format: 'onnx',
  files: ['model.onnx'],
  inputs: [
    { name: 'miles', kind: 'numeric', fill: 1 },
    { name: 'zone', kind: 'categorical', categories: ['a', 'b'] },
  ],
  outputs: [{ kind: 'classification', labels: ['cheap', 'dear'] }],
});
const REGRESSION = parseSpec({ ...SPEC, outputs: [{ kind: 'regression', transform: 'exp' }] });

/** Dear from zone "b", or beyond 10 miles. */
const graph: Graph = {
  inputs: [{ name: 'x', type: 'float32', shape: [null, 3] }],
  outputs: ['p'],
  async run({ x }) {
    const [miles, , b] = x!.data as Float32Array;
    const dear = b === 1 || miles! > 10 ? 0.75 : 0.25;
    return { p: { type: 'float32', dims: [1, 2], data: Float32Array.of(1 - dear, dear) } };
  },
};
/** exp(0) = 1, whatever is asked. */
const one: Graph = {
  ...graph,
  run: async () => ({ p: { type: 'float32', dims: [1, 1], data: Float32Array.of(0) } }),
};
/** The number of miles. */
const miles: Graph = {
  ...graph,
  run: async ({ x }) => ({
    p: { type: 'float32', dims: [1], data: (x!.data as Float32Array).slice(0, 1) },
  }),
};

const inputs = [
  ...Array.from({ length: 6 }, () => ({ miles: 5, zone: 'a' })),
  { miles: 2, zone: 'b' },
  { miles: 20, zone: 'elsewhere' },
  { miles: null, zone: null },
];
const about = { source: 'nine trips', keep: 0 };

async function profile(
  spec: ModelSpec,
  model: Graph | undefined,
  rows: readonly ReferenceRow[],
  options: Partial<ProfileOptions<ReferenceRow>> = {},
) {
  const { profile } = await profileOf(spec, model, () => [rows], { ...about, ...options });
  return { ...profile, byName: new Map(profile.series.map((s) => [s.definition.name, s])) };
}
const trips = inputs.map((input) => ({ input }));

describe('profileOf', () => {
  it('learns and counts every input and output, in the order of the spec', async () => {
    const found = await profile(SPEC, graph, trips, { metrics: { k: 1 } });
    const series = found.byName;
    expect([...series.keys()]).toEqual([
      'input/miles',
      'input/zone',
      'output/label',
      'output/confidence',
      'output/margin',
      'output/entropy',
    ]);
    expect(found).toMatchObject({ n: 9, source: 'nine trips', metrics: { k: 1 } });
    expect(series.get('input/miles')!.definition).toMatchObject({
      center: 5,
      atoms: [5],
      min: 2,
      max: 20,
    });
    expect(series.get('input/miles')!.counts.slice(0, 2)).toEqual([0, 1]); // one missing
    expect(series.get('input/miles')!.counts.slice(-2)).toEqual([FIRST_ATOM, 6]);
    // missing 1, other 1, "a" 6, "b" 1
    expect(series.get('input/zone')!.counts).toEqual([0, 1, 1, 1, 2, 6, 3, 1]);
    expect(series.get('output/label')!.counts).toEqual([2, 7, 3, 2]);
    // .75 is bin 37 of 50, a margin of .5 bin 25, an entropy of .8113 bits bin 40.
    expect(series.get('output/confidence')!.counts).toEqual([37, 9]);
    expect(series.get('output/margin')!.counts).toEqual([25, 9]);
    expect(series.get('output/entropy')!.counts).toEqual([40, 9]);
    for (const { counts } of found.series) expect(totalOf(counts)).toBe(9);
  });

  it('holds no value of a category that the spec does not name', async () => {
    const { profile: found } = await profileOf(SPEC, graph, () => [trips], about);
    expect(JSON.stringify(found)).not.toContain('elsewhere');
  });

  it('without a model knows the inputs alone', async () => {
    const { series } = await profile(SPEC, undefined, trips);
    expect(series.map((s) => s.definition.name)).toEqual(['input/miles', 'input/zone']);
  });

  it('counts a regression by its value alone', async () => {
    const { series } = await profile(REGRESSION, one, trips);
    expect(series.map((s) => s.definition.name)).toEqual([
      'input/miles',
      'input/zone',
      'output/value',
    ]);
    expect(series[2]!.definition).toMatchObject({ center: 1, min: 1, max: 1, atoms: [1] });
  });

  it('refuses a reference without rows', async () => {
    await expect(profile(SPEC, graph, [])).rejects.toMatchObject({ code: 'profile_invalid' });
  });

  it('says which row it is that the spec does not take', async () => {
    const spec = parseSpec({ ...SPEC, inputs: [{ name: 'miles', kind: 'numeric' }] });
    const rows = [{ input: { miles: 1 } }, { input: { miles: null } }];
    await expect(
      profile(spec, graph, rows, { place: (row) => `row ${rows.indexOf(row as never)}` }),
    ).rejects.toMatchObject({ code: 'input_invalid', message: /^row 1: input "miles" is missing/ });
  });
});

describe('truths', () => {
  it('of a regression give residuals, in bands of the value, and figures', async () => {
    const truths = [null, 3, 5, null, 7];
    const rows = trips.map(({ input }, i) => ({ input, truth: truths[i] ?? null }));
    const found = await profile(REGRESSION, one, rows);
    // Every answer is exp(0) = 1: residuals 2, 4, 6.
    const residual = { center: 4, scale: 2, min: 2, max: 6 };
    expect(found.byName.get('outcome/residual')!.definition).toMatchObject(residual);
    expect(found.byName.get('outcome/residual-by-value')!.definition).toMatchObject({
      ...residual,
      kind: 'banded',
      edges: [1],
    });
    expect(found.byName.get('outcome/truth')!.definition).toMatchObject({
      center: 5,
      min: 3,
      max: 7,
    });
    for (const name of ['residual', 'residual-by-value', 'truth'])
      expect(totalOf(found.byName.get(`outcome/${name}`)!.counts)).toBe(3);
    expect(found.metrics).toEqual({ mean_absolute_error: 4, median_relative_error: 0.8 });
  });

  it('are banded so that each band has as many', async () => {
    const rows = Array.from({ length: 800 }, (_, i) => ({
      input: { miles: i, zone: 'a' },
      truth: i + (i % 3),
    }));
    const spec = parseSpec({ ...SPEC, outputs: [{ kind: 'regression' }] });
    const { definition, counts } = (await profile(spec, miles, rows)).byName.get(
      'outcome/residual-by-value',
    )!;
    if (definition.kind !== 'banded') throw new Error(definition.kind);
    expect(definition.edges).toHaveLength(7);
    const width = FIRST_ATOM + definition.atoms.length;
    const bands = new Array<number>(8).fill(0);
    for (let i = 0; i < counts.length; i += 2)
      bands[Math.floor(counts[i]! / width)]! += counts[i + 1]!;
    expect(bands).toEqual(new Array(8).fill(100));
  });

  it('of a classification give tables, their balance and a calibration that never falls', async () => {
    // Of ten at .75 sure, eight are right.
    const rows = Array.from({ length: 10 }, (_, i) => ({
      input: { miles: 20, zone: 'a' },
      truth: i < 8 ? 'dear' : 'cheap',
    }));
    const found = await profile(SPEC, graph, rows);
    expect(found.metrics).toEqual({ accuracy: 0.8 });
    expect(found.byName.get('outcome/truth')!.counts).toEqual([2, 2, 3, 8]);
    expect(found.outcomes!.reliability).toEqual([74, 2, 75, 8]);
    // Rows cheap, dear, other; columns the same.
    expect(found.outcomes!.confusion).toEqual([1, 2, 4, 8]);
    expect(found.outcomes!.calibration).toEqual(new Array(50).fill(0.8));
  });
});

describe('principal components', () => {
  const rows = Array.from({ length: 400 }, (_, i) => ({
    input: { miles: (i % 20) + 1, zone: i % 20 < 15 ? 'a' : 'b' },
  }));

  it('come with the error of what they leave, counted for every row', async () => {
    const found = await profile(SPEC, graph, rows, { keep: 0.65 });
    expect(found.pca!.features.map(({ series }) => series)).toEqual(['input/miles', 'input/zone']);
    expect(found.pca!.components).toHaveLength(1);
    const { definition, counts } = found.byName.get('inputs/reconstruction')!;
    expect(definition).toMatchObject({ kind: 'numeric' });
    expect(totalOf(counts)).toBe(400);
  });

  it('are left out where nothing varies with anything', async () => {
    const same = rows.map(() => ({ input: { miles: 1, zone: 'a' } }));
    expect((await profile(SPEC, graph, same, { keep: 0.65 })).pca).toBeUndefined();
  });
});

describe('more rows than are held', () => {
  const rows = Array.from({ length: 3000 }, (_, i) => ({
    input: { miles: i % 7 === 0 ? null : (i * 37) % 1000, zone: ['a', 'b', 'c', 'a'][i % 4]! },
    truth: i % 5 === 0 ? 'dear' : 'cheap',
  }));
  const batches = () => [rows.slice(0, 1100), rows.slice(1100, 1101), rows.slice(1101)];

  it('are all counted, in the range that all of them have', async () => {
    const { profile: found } = await profileOf(SPEC, graph, batches, {
      source: 'trips',
      sampled: 300,
      keep: 0.65,
    });
    const whole = await profile(SPEC, graph, rows, { keep: 0.65 });
    expect(found.n).toBe(3000);
    for (const [i, { definition, counts }] of found.series.entries()) {
      expect([definition.name, totalOf(counts)]).toEqual([definition.name, 3000]);
      const exact = whole.series[i]!;
      if (definition.kind !== 'numeric') expect({ definition, counts }).toEqual(exact);
    }
    const { definition, counts } = found.series[0]!;
    expect(definition).toMatchObject({ min: 0, max: 999 });
    expect(counts.slice(0, 2)).toEqual([MISSING, 429]);
    expect(found.outcomes!.reliability).toEqual(whole.outcomes!.reliability);
    expect(found.metrics).toEqual(whole.metrics);
  });

  it('give the same profile again', async () => {
    const options = { source: 'trips', sampled: 300 };
    const first = await profileOf(SPEC, graph, batches, options);
    expect(await profileOf(SPEC, graph, batches, options)).toEqual(first);
  });
});

describe('cases of a self-test', () => {
  it('are picked for the variety of their answers', async () => {
    const { cases } = await profileOf(SPEC, graph, () => [trips], about);
    expect(new Set(cases.map(({ answer }) => answer.label))).toEqual(new Set(['cheap', 'dear']));
    expect(cases.length).toBeLessThanOrEqual(8);
  });

  it('hold the least and the greatest value', async () => {
    const rows = Array.from({ length: 150 }, (_, i) => ({ input: { miles: i + 1, zone: 'a' } }));
    const spec = parseSpec({ ...SPEC, outputs: [{ kind: 'regression' }] });
    const { cases } = await profileOf(spec, miles, () => [rows], about);
    const values = cases.map(({ answer }) => answer.value);
    expect(values).toEqual(expect.arrayContaining([1, 150]));
  });
});
