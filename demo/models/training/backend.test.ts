import { describe, expect, it } from 'vitest';
import { startTensorFlow } from './backend.ts';

const t = await startTensorFlow();

/** The gradient of Σ weights·conv(x, filter) by the filter, as a backend computes it. */
async function gradient(
  backend: string,
  [height, width, inputs, outputs]: [number, number, number, number],
  stride: number,
  pad: 'same' | 'valid',
): Promise<Float32Array> {
  await t.setBackend(backend);
  const x = t.randomUniform<import('@tensorflow/tfjs').Rank.R4>(
    [3, 9, 8, inputs],
    -1,
    1,
    'float32',
    1,
  );
  const filter = t.randomUniform<import('@tensorflow/tfjs').Rank.R4>(
    [height, width, inputs, outputs],
    -1,
    1,
    'float32',
    2,
  );
  const shape = t.conv2d(x, filter, stride, pad).shape;
  const weights = t.randomUniform(shape, -1, 1, 'float32', 3);
  const loss = (f: typeof filter) =>
    t.conv2d(x, f, stride, pad).mul(weights).sum<import('@tensorflow/tfjs').Scalar>();
  return (await t
    .grad(loss as never)(filter)
    .data()) as Float32Array;
}

describe('the filter gradient that the WASM backend lacks', () => {
  it.each([
    { filter: [3, 3, 2, 4] as const, stride: 1, pad: 'same' as const },
    { filter: [5, 5, 1, 3] as const, stride: 2, pad: 'valid' as const },
    { filter: [2, 3, 3, 1] as const, stride: 2, pad: 'same' as const },
    { filter: [1, 1, 2, 2] as const, stride: 1, pad: 'valid' as const },
  ])(
    'agrees with the CPU backend: $filter, stride $stride, $pad',
    async ({ filter, stride, pad }) => {
      const wasm = await gradient('wasm', [...filter], stride, pad);
      const cpu = await gradient('cpu', [...filter], stride, pad);
      expect(wasm.length).toBe(cpu.length);
      for (const [i, value] of cpu.entries()) expect(wasm[i]).toBeCloseTo(value, 4);
    },
  );
});
