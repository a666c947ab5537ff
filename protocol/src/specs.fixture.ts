/** A small house and a small digit model, as an ML team would write them, for tests. */
import type { ModelSpecInput } from './spec.ts';

export const HOUSE: ModelSpecInput = {
  name: 'house',
  version: 'v1',
  format: 'onnx',
  files: ['model.onnx', 'weights/0.bin'],
  inputs: [
    { name: 'area', kind: 'numeric', tensor: 'x', fill: 1266, mean: 1355, scale: 457.1 },
    { name: 'district', kind: 'categorical', tensor: 'x', categories: ['north', 'south'] },
  ],
  outputs: [{ kind: 'regression', transform: 'exp', unit: 'USD' }],
  stages: ['geocode'],
};

export const DIGITS: ModelSpecInput = {
  name: 'digits',
  version: 'v2',
  format: 'tfjs',
  files: ['model.json'],
  inputs: [{ name: 'image', kind: 'image', width: 28, height: 28, channels: 1 }],
  outputs: [{ kind: 'classification', labels: ['zero', 'one', 'two'] }],
};

/** Any JSON, as far as finding one's way in it goes. */
interface Tree {
  [key: string | number]: Tree;
}

/** A deep copy of `value` with what is at `path` replaced; undefined removes it. */
export function changed<T>(value: T, path: readonly (string | number)[], replacement: unknown): T {
  const copy = structuredClone(value);
  const parent = path.slice(0, -1).reduce((node, key) => node[key]!, copy as Tree);
  const last = path.at(-1)!;
  if (replacement === undefined) delete parent[last];
  else parent[last] = replacement as Tree;
  return copy;
}
