/** A page of its own: the libraries remember for good that they could not start. */
import { parseSpec } from '@siskin/protocol';
import { expect, it } from 'vitest';
import { publishBlobs, readServed } from '../models/browser.fixture.ts';
import { loadVersion } from '../models/load.ts';
import { demoModel } from '../models/real-models.fixture.ts';
import { choose } from './choose.ts';

const assets = new URL('/nowhere/', location.href).href;
const options = { assets, allowSoftwareGpu: false, gpu: undefined };

it.each([
  ['onnx', 'siskin.json'],
  ['tfjs', 'siskin.tfjs.json'],
] as const)('tells an %s runtime whose binary is not served', async (format, file) => {
  const { spec, files } = await demoModel(readServed, 'house/v1', file);
  const { candidates } = await choose(format, { ...options, backends: ['wasm'] });
  const runtime = await candidates[0]!.import();
  for (const _again of [1, 2]) {
    await expect(runtime.create(parseSpec(spec), files)).rejects.toMatchObject({
      code: 'runtime_failed',
      message: expect.stringMatching(/did not start.*wasm/),
      retryable: true,
    });
  }
});

it('goes on with the next backend', async () => {
  const version = await publishBlobs(await demoModel(readServed, 'house/v1', 'siskin.tfjs.json'));
  const { session, backend } = await loadVersion(version, {
    fetch: (...args) => fetch(...args),
    now: () => performance.now(),
    baseUrl: location.href,
    store: { get: async () => undefined, put: async () => undefined },
    choose: (format) => choose(format, { ...options, backends: ['wasm', 'cpu'] }),
  });
  expect(backend).toBe('cpu');
  await session.dispose();
});
