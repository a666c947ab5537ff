import { FIRST_ATOM, type ModelSpec, parseSpec, totalOf } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import { type Graph, profileOf } from './reference.ts';

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

const rows = [
  ...Array.from({ length: 6 }, () => ({ miles: 5, zone: 'a' })),
  { miles: 2, zone: 'b' },
  { miles: 20, zone: 'elsewhere' },
  { miles: null, zone: null },
];

describe('profileOf', () => {
  it('learns and counts every input and output, in the order of the spec', async () => {
    const profile = await profileOf(SPEC, graph, rows, { source: 'nine trips', metrics: { k: 1 } });
    const series = new Map(profile.series.map((s) => [s.definition.name, s]));
    expect([...series.keys()]).toEqual([
      'input/miles',
      'input/zone',
      'output/label',
      'output/confidence',
      'output/margin',
      'output/entropy',
    ]);
    expect(profile).toMatchObject({ n: 9, source: 'nine trips', metrics: { k: 1 } });
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
    for (const { counts } of profile.series) expect(totalOf(counts)).toBe(9);
  });

  it('holds no value of a category that the spec does not name', async () => {
    const profile = await profileOf(SPEC, graph, rows, { source: 'nine trips' });
    expect(JSON.stringify(profile)).not.toContain('elsewhere');
  });

  it('counts a regression by its value alone', async () => {
    const spec = parseSpec({ ...SPEC, outputs: [{ kind: 'regression', transform: 'exp' }] });
    const one: Graph = {
      ...graph,
      run: async () => ({ p: { type: 'float32', dims: [1, 1], data: Float32Array.of(0) } }),
    };
    const { series } = await profileOf(spec, one, rows, { source: 'nine trips' });
    expect(series.map((s) => s.definition.name)).toEqual([
      'input/miles',
      'input/zone',
      'output/value',
    ]);
    expect(series[2]!.definition).toMatchObject({ center: 1, min: 1, max: 1, atoms: [1] });
  });

  it('learns how far a regression is off where the truth is known', async () => {
    const spec = parseSpec({ ...SPEC, outputs: [{ kind: 'regression', transform: 'exp' }] });
    const one: Graph = {
      ...graph,
      run: async () => ({ p: { type: 'float32', dims: [1, 1], data: Float32Array.of(0) } }),
    };
    const about = { source: 'nine trips' };
    const { series } = await profileOf(spec, one, rows, about, [null, 3, 5, null, 7]);
    // Every answer is exp(0) = 1: residuals 2, 4, 6.
    expect(series.at(-1)!.definition).toMatchObject({
      name: 'outcome/residual',
      center: 4,
      scale: 2,
      min: 2,
      max: 6,
    });
    expect(totalOf(series.at(-1)!.counts)).toBe(3);
  });

  it('refuses a reference without rows', async () => {
    await expect(profileOf(SPEC, graph, [], { source: 'nothing' })).rejects.toMatchObject({
      code: 'profile_invalid',
    });
  });
});
