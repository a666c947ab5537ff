import { expect, it } from 'vitest';
import { pixelsOf } from './extractors/pixels.ts';
import { reusable } from './reusable.ts';

const spec = { inputs: [{ name: 'photo' }] } as never;

async function bitmap(): Promise<ImageBitmap> {
  const data = Uint8ClampedArray.from({ length: 16 }, (_, i) => (i % 4 === 3 ? 255 : i * 10));
  return createImageBitmap(new ImageData(data, 2, 2));
}

it('a bitmap becomes the pixels that would have been read of it, as often as they are wanted', async () => {
  const expected = pixelsOf('photo', await bitmap());
  const bare = reusable(spec, await bitmap());
  const named = reusable(spec, { photo: await bitmap(), age: 5 }) as { photo: never; age: number };
  for (const value of [bare, named.photo]) {
    for (let i = 0; i < 2; i++) {
      const { data, width, height } = pixelsOf('photo', value as never);
      expect({ data: [...data], width, height }).toEqual({
        data: [...expected.data],
        width: 2,
        height: 2,
      });
    }
  }
  expect(named.age).toBe(5);
});

it('all else stays what it is', () => {
  const row = { a: 1, b: 'x' };
  const tensor = Float32Array.of(1, 2);
  for (const input of [row, tensor, 5, null, 'text']) expect(reusable(spec, input)).toBe(input);
});
