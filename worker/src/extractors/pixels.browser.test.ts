import { parseSpec } from '@siskin/protocol';
import { expect, it } from 'vitest';
import type { InputValue } from '../api.ts';
import type { FeatureSink } from '../features.ts';
import { createExtractor } from './extractor.ts';

/** Opaque colours: what is transparent has none. */
const PIXELS = new ImageData(
  Uint8ClampedArray.from(
    [
      [255, 0, 0, 255],
      [10, 200, 30, 255],
      [0, 0, 255, 255],
      [255, 255, 255, 255],
      [0, 0, 0, 255],
      [127, 128, 129, 255],
    ].flat(),
  ),
  3,
  2,
);

const spec = parseSpec({
  name: 'm',
  version: 'v1',
  format: 'onnx',
  files: ['m'],
  inputs: [{ name: 'photo', kind: 'image', width: 2, height: 2, channels: 3 }],
  outputs: [{ kind: 'tensor' }],
});

const extractor = await createExtractor(spec, ['x']);

function extract(input: InputValue) {
  const features: Record<string, unknown> = {};
  const sink: FeatureSink = {
    number: (name, value) => {
      features[name] = value;
    },
    category: () => undefined,
  };
  return { tensors: extractor(input, sink), features };
}

it('a bitmap is extracted as its pixels are, and freed', async () => {
  const bitmap = await createImageBitmap(PIXELS);
  expect(extract(bitmap)).toEqual(extract(PIXELS));
  expect([bitmap.width, bitmap.height]).toEqual([0, 0]); // closed
});

it('a bitmap that was given away before is refused typed', async () => {
  const bitmap = await createImageBitmap(PIXELS);
  bitmap.close();
  expect(() => extract(bitmap)).toThrow(expect.objectContaining({ code: 'input_invalid' }));
});

it('a map of inputs may hold a bitmap', async () => {
  const { tensors } = extract({ photo: await createImageBitmap(PIXELS) } as never);
  expect(tensors.x!.dims).toEqual([1, 2, 2, 3]);
});
