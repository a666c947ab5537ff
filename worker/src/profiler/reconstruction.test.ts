import type { DataSeries, Pca } from '@siskin/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import oracle from '../../../test/oracle/inputs/inputs.json' with { type: 'json' };
import { RowEncoder, reconstructionError } from './reconstruction.ts';

const { cases, categories } = oracle.reconstruction;
const pca = oracle.reconstruction.pca as Pca;
const series: DataSeries[] = [{ name: 'input/roof', kind: 'category', categories }];

function encode(row: readonly (number | string | null)[], order = [0, 1, 2, 3]): RowEncoder {
  const encoder = new RowEncoder(pca, series);
  for (const i of order) {
    const { series: name, shares } = pca.features[i]!;
    const value = row[i]!;
    if (shares === undefined) encoder.number(name, value === null ? null : Number(value));
    else encoder.category(name, value as string | null);
  }
  return encoder;
}

describe('agrees with NumPy', () => {
  it.each(cases.map((one) => [JSON.stringify(one.row), one] as const))('%s', (_, one) => {
    const row = encode(one.row).take();
    for (const [i, z] of one.z.entries()) expect(row[i]).toBeCloseTo(z, 10);
    expect(reconstructionError(pca, row)).toBeCloseTo(one.error, 10);
  });

  it('whatever the order of the features, and whatever else is counted', () => {
    const encoder = encode(cases[1]!.row, [3, 1, 0, 2]);
    encoder.number('input/other', 1e9);
    encoder.category('output/label', 'yes');
    encoder.number('input/roof', 7);
    encoder.category('input/a', 'flat');
    expect(reconstructionError(pca, encoder.take())).toBeCloseTo(cases[1]!.error, 10);
  });
});

it('a row begins with nothing of the one before', () => {
  const encoder = encode(cases[2]!.row);
  encoder.take();
  const empty = new RowEncoder(pca, series).take();
  expect(encoder.take()).toEqual(empty);
  const filled = pca.features.map(({ fill, mean, scale }) => (fill - mean) / scale);
  expect([...empty]).toEqual(filled);
});

describe('the error', () => {
  const error = (components: number[][], row: number[]) =>
    reconstructionError({ components }, Float64Array.from(row));

  it('is what the components leave', () => {
    expect(error([[0.6, 0.8]], [1, 0])).toBeCloseTo(0.8, 15);
    expect(error([[0.6, 0.8]], [0.6, 0.8])).toBeCloseTo(0, 15);
  });

  it('does not drown in a large row that the components rebuild', () => {
    // ‖x‖² − ‖Wx‖² would be 0 or noise.
    expect(error([[1, 0]], [1e9, 1e-3])).toBe(1e-3);
  });

  it('is at most the length of the row, and the same for a row turned round', () => {
    // Squares of what is smaller underflow, and nothing of a feature is that small.
    const number = fc
      .double({ min: -1e3, max: 1e3, noNaN: true })
      .map((x) => (Math.abs(x) < 1e-100 ? 0 : x));
    fc.assert(
      fc.property(
        fc.tuple(number, number, number),
        fc.double({ min: 0, max: 6, noNaN: true }),
        (row, angle) => {
          const components = [[Math.cos(angle), Math.sin(angle), 0]];
          const found = error(components, row);
          expect(found).toBeLessThanOrEqual(Math.hypot(...row) * (1 + 1e-12));
          expect(
            error(
              components,
              row.map((x) => -x),
            ),
          ).toBe(found);
        },
      ),
    );
  });

  it('of a row that overflows is not a number, which is counted as such', () => {
    expect(error([[1, 0]], [Number.POSITIVE_INFINITY, 0])).toBeNaN();
  });
});
