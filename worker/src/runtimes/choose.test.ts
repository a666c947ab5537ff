import type { Backend } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import { choose } from './choose.ts';
import { probeGpu } from './probe.ts';

/** As much of a WebGPU implementation as is asked before anything is imported. */
const gpuWith = (adapter: object | null) =>
  ({ requestAdapter: async () => adapter }) as unknown as GPU;
const HARDWARE = gpuWith({ info: { isFallbackAdapter: false } });
const SOFTWARE = gpuWith({ info: { isFallbackAdapter: true } });
const OLD_SOFTWARE = gpuWith({ isFallbackAdapter: true });
const CRASHED = { requestAdapter: () => Promise.reject(new Error('gone')) } as unknown as GPU;

describe('probeGpu', () => {
  it.each([
    ['no WebGPU at all', undefined, false, 'no-adapter'],
    ['no adapter', gpuWith(null), true, 'no-adapter'],
    ['a GPU process that is gone', CRASHED, true, 'no-adapter'],
    ['a software adapter', SOFTWARE, false, 'software-adapter'],
    ['a software adapter of an older browser', OLD_SOFTWARE, false, 'software-adapter'],
    ['a software adapter that is allowed', SOFTWARE, true, 'ok'],
    ['a GPU', HARDWARE, false, 'ok'],
    ['a GPU of an older browser', gpuWith({}), false, 'ok'],
  ] as const)('%s', async (_name, gpu, allowed, answer) => {
    expect(await probeGpu(gpu, allowed)).toBe(answer);
  });
});

describe('choose', () => {
  const ALL: readonly Backend[] = ['webgpu', 'wasm', 'webgl', 'cpu'];
  const chosen = async (
    format: 'onnx' | 'tfjs',
    gpu: GPU | undefined,
    backends: readonly Backend[] = ALL,
  ) => {
    const { candidates, fallback } = await choose(format, {
      backends,
      gpu,
      allowSoftwareGpu: false,
    });
    return [candidates.map((candidate) => candidate.backend), fallback];
  };

  it('takes the GPU first, then what each format has a runtime for', async () => {
    expect(await chosen('onnx', HARDWARE)).toEqual([['webgpu', 'wasm'], undefined]);
    expect(await chosen('tfjs', HARDWARE)).toEqual([ALL, undefined]);
  });

  it('says why there is no GPU', async () => {
    expect(await chosen('onnx', undefined)).toEqual([['wasm'], 'no-adapter']);
    expect(await chosen('tfjs', SOFTWARE)).toEqual([['wasm', 'webgl', 'cpu'], 'software-adapter']);
    expect(await chosen('onnx', HARDWARE, ['wasm'])).toEqual([['wasm'], 'not-allowed']);
  });

  it('keeps the order that was asked for, and may end with nothing', async () => {
    expect(await chosen('tfjs', HARDWARE, ['cpu', 'webgpu'])).toEqual([
      ['cpu', 'webgpu'],
      undefined,
    ]);
    expect(await chosen('onnx', undefined, ['cpu'])).toEqual([[], 'not-allowed']);
  });
});
