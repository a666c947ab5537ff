/** A page of its own: what one load makes a browser fetch. */
import { expect, it } from 'vitest';
import { publishBlobs, readServed, requestsOf } from '../models/browser.fixture.ts';
import { loadVersion } from '../models/load.ts';
import { demoModel } from '../models/real-models.fixture.ts';
import { choose } from './choose.ts';

it('fetches the WASM runtime alone where there is no GPU to use, and once', async () => {
  performance.setResourceTimingBufferSize(5000);
  const { session, backend } = await loadVersion(
    await publishBlobs(await demoModel(readServed, 'house/v1', 'siskin.json')),
    {
      fetch: (...args) => fetch(...args),
      now: () => performance.now(),
      baseUrl: location.href,
      store: { get: async () => undefined, put: async () => undefined },
      choose: (format) =>
        choose(format, {
          backends: ['webgpu', 'wasm'],
          allowSoftwareGpu: false,
          gpu: navigator.gpu,
        }),
    },
  );
  expect(backend).toBe('wasm');
  const requests = requestsOf(performance).map((url) => new URL(url).pathname.split('/').at(-1)!);
  expect(requests.filter((file) => file.endsWith('.wasm'))).toEqual([
    'ort-wasm-simd-threaded.wasm',
  ]);
  expect(requests).toContain('ort-wasm.ts');
  expect(requests.filter((file) => /webgpu|asyncify|tfjs/.test(file))).toEqual([]);
  await session.dispose();
});
