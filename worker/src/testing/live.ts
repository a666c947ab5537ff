/** A version whose graph is a function, so that a test decides when and what it answers. */
import { type DataSeries, type ManifestVersion, parseSpec, type Tensors } from '@siskin/protocol';
import { type Assignment, createLive, type Live } from '../serving/live.ts';

export const LABELS = ['no', 'yes'];
export const SERIES_OF_M: DataSeries[] = [
  {
    name: 'input/a',
    kind: 'numeric',
    center: 0,
    scale: 1,
    atoms: [0, 1],
    min: -10,
    max: 10,
  },
  { name: 'output/label', kind: 'category', categories: LABELS },
  { name: 'output/confidence', kind: 'unit' },
];

/** Model "m": a number `a` → yes or no. */
export const VERSION_OF_M: ManifestVersion = {
  spec: parseSpec({
    name: 'm',
    version: 'v1',
    format: 'onnx',
    files: ['m.onnx'],
    inputs: [{ name: 'a', kind: 'numeric' }],
    outputs: [{ kind: 'classification', labels: LABELS }],
    automation: { level: 'partial', threshold: 0.8 },
    stages: ['crop'],
  }),
  files: [{ name: 'm.onnx', sha256: '0'.repeat(64), bytes: 1, url: 'm.onnx' }],
  series: SERIES_OF_M,
};

/** @param graph probability of "yes" for `a`. */
export function liveOf(
  graph: (a: number) => number | Promise<number>,
  assignment: Partial<Assignment> = {},
): Live {
  return createLive(
    { model: 'm', version: 'v1', arm: 'champion', sequence: 1, ...assignment },
    VERSION_OF_M,
    {
      backend: 'wasm',
      inputs: [{ name: 'x', type: 'float32', shape: [1, 1] }],
      outputs: ['y'],
      async run(inputs): Promise<Tensors> {
        const yes = await graph(Number(inputs.x!.data[0]));
        const data = Float32Array.of(1 - yes, yes);
        return { y: { type: 'float32', dims: [1, 2], data } };
      },
      dispose: async () => undefined,
    },
    undefined,
  );
}
