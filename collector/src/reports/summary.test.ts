import {
  BACKENDS,
  catalogueOf,
  categoryBinOf,
  type DataSeries,
  parseSpec,
  SERIES,
  type SparseCounts,
} from '@siskin/protocol';
import { expect, it } from 'vitest';
import { summarise } from './summary.ts';

const SPEC = parseSpec({
  name: 'pets',
  version: 'v1',
  format: 'onnx',
  files: ['model.onnx'],
  inputs: [{ name: 'x', kind: 'numeric', fill: 0 }],
  outputs: [{ kind: 'classification', labels: ['cat', 'dog'] }],
});
const LABELS: DataSeries = { name: SERIES.label, kind: 'category', categories: ['cat', 'dog'] };

/** Counts as a device bins them: through the protocol's own mapping. */
function counted(values: (string | null)[], categories: readonly string[]): SparseCounts {
  const counts = new Map<number, number>();
  for (const value of values) {
    const bin = categoryBinOf(value, categories);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b).flat();
}

it('names categories as devices bin them, missing and unknown ones too', () => {
  const totals = new Map([
    [SERIES.label, counted(['dog', 'dog', 'cat', null, 'axolotl'], LABELS.categories)],
    [SERIES.backend, counted(['wasm', 'webgpu', 'wasm'], BACKENDS)],
  ]);
  const summary = summarise(catalogueOf(SPEC, [LABELS]), totals, () => undefined, []);
  expect(summary.backends).toEqual({ webgpu: 1, wasm: 2 });
  expect(summary.classes?.map(({ label, count, share }) => [label, count, share])).toEqual([
    ['cat', 1, 0.2],
    ['dog', 2, 0.4],
    ['other', 1, 0.2],
    ['missing', 1, 0.2],
  ]);
});
