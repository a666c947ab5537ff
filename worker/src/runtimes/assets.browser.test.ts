/** A page of its own: the libraries read where their files are once. */
import { differenceOf, parseSpec, tensorsOf } from '@siskin/protocol';
import { expect, it } from 'vitest';
import { readServed, requestsOf } from '../models/browser.fixture.ts';
import { demoModel } from '../models/real-models.fixture.ts';
import { choose } from './choose.ts';

it.each([
  ['onnx', 'siskin.json', 'onnxruntime-web/dist/', 'ort-wasm-simd-threaded.wasm'],
  [
    'tfjs',
    'siskin.tfjs.json',
    '@tensorflow/tfjs-backend-wasm/wasm-out/',
    'tfjs-backend-wasm-simd.wasm',
  ],
] as const)('fetches the %s runtime from where it is hosted', async (format, file, at, binary) => {
  const model = await demoModel(readServed, 'house/v1', file);
  const assets = new URL(`/node_modules/${at}`, location.href).href;
  const options = { backends: ['wasm'] as const, allowSoftwareGpu: false, gpu: undefined };
  const { candidates } = await choose(format, { ...options, assets });
  const session = await (await candidates[0]!.import()).create(parseSpec(model.spec), model.files);
  const { inputs, outputs } = model.selfTest!.cases[0]!;
  const got = await session.run(tensorsOf(inputs));
  expect(differenceOf(got, outputs, model.selfTest!.tolerance.default)).toBeUndefined();
  expect(requestsOf(performance)).toContain(assets + binary);
  await session.dispose();
});
