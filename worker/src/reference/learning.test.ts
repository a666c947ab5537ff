import { type ModelSpec, parseSpec } from '@siskin/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import oracle from '../../../test/oracle/reference/reference.json' with { type: 'json' };
import { RowEncoder, reconstructionError } from '../profiler/reconstruction.ts';
import { profileOf } from '../profiling.ts';
import { isotonic } from './isotonic.ts';
import { Reservoir, randomFrom } from './reservoir.ts';

const names = Object.keys(oracle.rows[0]!);
const spec: ModelSpec = parseSpec({
  name: 'm',
  version: 'v1',
  format: 'onnx',
  files: ['m.onnx'],
  inputs: names.map((name) =>
    name === 'roof'
      ? { name, kind: 'categorical', categories: ['flat', 'hip', 'gable'] }
      : { name, kind: 'numeric', fill: 0 },
  ),
  outputs: [{ kind: 'tensor' }],
});

describe('principal components', () => {
  it('are NumPy’s, and so is what they leave of each row', async () => {
    const rows = oracle.rows.map((input) => ({ input }));
    const { profile } = await profileOf(spec, undefined, () => [rows], { source: 'NumPy' });
    const pca = profile.pca!;
    expect(pca.features.map(({ series }) => series)).toEqual(names.map((name) => `input/${name}`));
    pca.features.forEach(({ mean, scale }, i) => {
      expect(mean).toBeCloseTo(oracle.means[i]!, 4);
      expect(scale).toBeCloseTo(oracle.scales[i]!, 4);
    });
    expect(pca.components.length).toBe(oracle.components.length);
    for (const [k, row] of pca.components.entries()) {
      for (const [i, x] of row.entries()) expect(x).toBeCloseTo(oracle.components[k]![i]!, 5);
    }
    const definitions = profile.series.map(({ definition }) => definition);
    const encoder = new RowEncoder(pca, definitions);
    for (const [i, row] of oracle.rows.entries()) {
      for (const [name, value] of Object.entries(row)) {
        if (typeof value === 'string') encoder.category(`input/${name}`, value);
        else encoder.number(`input/${name}`, value);
      }
      expect(reconstructionError(pca, encoder.take())).toBeCloseTo(oracle.errors[i]!, 4);
    }
    const learnt = definitions.find(({ name }) => name === 'inputs/reconstruction');
    expect(learnt).toMatchObject({ kind: 'numeric' });
  });
});

describe('isotonic regression', () => {
  it.each(oracle.isotonic)('is SciPy’s: %#', ({ y, weights, fitted }) => {
    for (const [i, x] of isotonic(y, weights).entries()) expect(x).toBeCloseTo(fitted[i]!, 12);
  });

  it('fills what has no weight along the line between its neighbours', () => {
    expect([...isotonic([9, 1, 9, 9, 4, 0], [0, 2, 0, 0, 1, 0])]).toEqual([1, 1, 2, 3, 4, 4]);
    expect([...isotonic([3, 4], [0, 0])]).toEqual([0, 0]);
  });

  it('never falls, and keeps the weighted mean', () => {
    const point = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 50 }));
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 50 }), (points) => {
        const [y, w] = [points.map(([value]) => value), points.map(([, weight]) => weight)];
        const fitted = isotonic(y, w);
        for (let i = 1; i < fitted.length; i++)
          expect(fitted[i]!).toBeGreaterThanOrEqual(fitted[i - 1]! - 1e-12);
        const sum = (values: ArrayLike<number>) =>
          w.reduce((total, weight, i) => total + weight * values[i]!, 0);
        expect(sum(fitted)).toBeCloseTo(sum(y), 8);
      }),
    );
  });
});

describe('the sample', () => {
  it('keeps every row with the same probability', () => {
    const hits = new Float64Array(50);
    for (let seed = 0; seed < 2000; seed++) {
      const reservoir = new Reservoir(10, randomFrom(seed));
      const kept: number[] = [];
      for (let row = 0; row < 50; row++) {
        const at = reservoir.next();
        if (at !== undefined) kept[at] = row;
      }
      expect(kept).toHaveLength(10);
      for (const row of kept) hits[row]!++;
    }
    // 400 expected of each, σ = 17.9: Pearson's statistic of 49 degrees, below its 99.99 % quantile.
    const statistic = hits.reduce((sum, count) => sum + (count - 400) ** 2 / 320, 0);
    expect(statistic).toBeLessThan(93);
    expect(statistic).toBeGreaterThan(15);
  });
});
