import { expect, it } from 'vitest';
import { encode } from './encode.ts';

it("what this browser's gzip packs, it unpacks whole", async () => {
  const batch = Object.fromEntries(
    Array.from({ length: 2000 }, (_, i) => [`input/feature-${i}`, [i % 400, i + 1]]),
  );
  const body = await encode(batch);
  expect([...body.subarray(0, 2)]).toEqual([0x1f, 0x8b]);
  expect(body.length).toBeLessThan(JSON.stringify(batch).length / 3);
  const plain = new Blob([body]).stream().pipeThrough(new DecompressionStream('gzip'));
  expect(await new Response(plain).json()).toEqual(batch);
});
