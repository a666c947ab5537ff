import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, it } from 'vitest';
import { loadGraph } from './tfjs-graph.ts';

const FLOAT = { type: 'DT_FLOAT' };

/** A GraphDef as the converter writes it: so many outputs, each the positive part of x. */
function graphModel(outputs: readonly string[]): Uint8Array<ArrayBuffer> {
  const shape = { shape: { dim: [{ size: '1' }, { size: '3' }] } };
  const json = {
    format: 'graph-model',
    modelTopology: {
      node: [
        { name: 'x', op: 'Placeholder', attr: { dtype: FLOAT, shape } },
        ...outputs.map((name) => ({ name, op: 'Relu', input: ['x'], attr: { T: FLOAT } })),
      ],
      versions: {},
    },
    weightsManifest: [],
  };
  return new Uint8Array(new TextEncoder().encode(JSON.stringify(json)));
}

it.each([[['y']], [['y', 'z']]])('a graph model answers with its outputs %j', async (outputs) => {
  await tf.setBackend('cpu');
  const graph = await loadGraph('model.json', new Map([['model.json', graphModel(outputs)]]));
  expect(graph.outputs).toEqual(outputs);
  const results = await graph.execute({ x: tf.tensor([[-1, 0, 2.5]]) });
  expect(results.map((tensor) => [...tensor.dataSync()])).toEqual(outputs.map(() => [0, 0, 2.5]));
  graph.dispose();
});
