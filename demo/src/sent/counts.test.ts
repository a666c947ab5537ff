import { expect, test } from 'vitest';
import { summarise } from './counts.ts';

const batch = (series: Record<string, number[]>, version = 'v1') => ({
  v: 1,
  id: 'AAAAAAAAAAAAAAAAAAAAAA',
  entries: [{ model: 'house', version, arm: 'champion', sequence: 3, series }],
});

test('adds up the batches that wait, by version, series and bin', () => {
  const summary = summarise([
    batch({ 'input/bedrooms': [217, 2, 223, 1], 'output/value': [300, 3] }),
    batch({ 'input/bedrooms': [0, 1, 217, 5] }),
    batch({ 'output/value': [301, 1] }, 'v2'),
  ]);
  expect(summary).toEqual({
    batches: 3,
    series: 3,
    counts: 13,
    versions: [
      {
        title: 'house v1 (champion)',
        series: [
          {
            name: 'input/bedrooms',
            bins: [
              [0, 1],
              [217, 7],
              [223, 1],
            ],
            total: 9,
          },
          { name: 'output/value', bins: [[300, 3]], total: 3 },
        ],
      },
      {
        title: 'house v2 (champion)',
        series: [{ name: 'output/value', bins: [[301, 1]], total: 1 }],
      },
    ],
  });
});

test('nothing waits', () => {
  expect(summarise([])).toEqual({ batches: 0, series: 0, counts: 0, versions: [] });
});
