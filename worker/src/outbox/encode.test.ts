import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { encode } from './encode.ts';

afterEach(() => vi.unstubAllGlobals());

const large = {
  series: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`s${i}`, [i, 1]])),
};
const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

it('what zlib unpacks is what went in, whatever it is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.jsonValue({ maxDepth: 4 }),
      fc.string({ maxLength: 3000 }),
      async (value, pad) => {
        const body = await encode({ value, pad });
        const plain = isGzip(body) ? text(gunzipSync(body)) : text(body);
        expect(plain).toBe(JSON.stringify({ value, pad }));
      },
    ),
    { numRuns: 60 },
  );
});

it('is smaller for a batch, and left alone for a little', async () => {
  const packed = await encode(large);
  expect(isGzip(packed)).toBe(true);
  expect(packed.length).toBeLessThan(JSON.stringify(large).length / 3);
  expect(text(await encode({ a: 1 }))).toBe('{"a":1}');
});

it('goes plain where there is no CompressionStream', async () => {
  vi.stubGlobal('CompressionStream', undefined);
  expect(JSON.parse(text(await encode(large)))).toEqual(large);
});

/** Streams that do to gzip what browsers have been seen to do. */
const broken: Record<string, () => TransformStream<Uint8Array, Uint8Array>> = {
  'cuts its end off': () => {
    const { readable, writable } = new CompressionStream('gzip');
    let held: Uint8Array | undefined;
    const cutter = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        if (held !== undefined) controller.enqueue(held);
        held = chunk;
      },
      flush(controller) {
        controller.enqueue(held!.subarray(0, held!.length - 3));
      },
    });
    return { readable: readable.pipeThrough(cutter), writable } as never;
  },
  'answers plain bytes': () => new TransformStream(),
  'answers nothing': () => new TransformStream({ transform: () => undefined }),
  fails: () =>
    new TransformStream({
      transform() {
        throw new Error('out of memory');
      },
    }),
};

it.each(Object.entries(broken))('goes plain where it %s', async (_, create) => {
  vi.stubGlobal(
    'CompressionStream',
    // A constructor that answers another object than itself.
    function broken() {
      return create();
    },
  );
  expect(JSON.parse(text(await encode(large)))).toEqual(large);
});
