import { type InputSpec, type ModelSpecInput, parseSpec } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import oracle from '../../../test/oracle/features.json' with { type: 'json' };
import type { InputValue } from '../api.ts';
import { failure } from '../testing/errors.ts';
import { ListSink } from '../testing/list-sink.ts';
import { imageInput } from './image.ts';
import { pixelsOf } from './pixels.ts';
import { channelsOf, resize } from './resize.ts';

type ImageInput = Extract<InputSpec, { kind: 'image' }>;

function specOf(
  options: Partial<Extract<ModelSpecInput['inputs'][number], { kind: 'image' }>>,
): ImageInput {
  const spec = parseSpec({
    name: 'm',
    version: 'v1',
    format: 'onnx',
    files: ['m'],
    inputs: [{ name: 'photo', kind: 'image', width: 2, height: 2, channels: 3, ...options }],
    outputs: [{ kind: 'tensor' }],
  });
  return spec.inputs[0] as ImageInput;
}

/** Largest difference between two lists of the same length. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}

const images = oracle.images.map((image) => [image.name, image] as const);
const rasterOf = ({ data, width, height }: (typeof oracle.images)[number]) => ({
  data: Uint8ClampedArray.from(data),
  width,
  height,
});

describe.each(images)('agrees with SciPy, colorsys and Pillow: %s', (_, image) => {
  const { width, height } = image.to;

  it('resizes', () => {
    const raster = pixelsOf('photo', rasterOf(image));
    const readRow = resize(raster, width, height);
    expect(channelsOf(raster)).toBe(image.resized.length);
    const lines = image.resized.map(() => new Float32Array(width));
    for (let y = 0; y < height; y++) {
      readRow(y, lines);
      for (const [c, plane] of image.resized.entries()) {
        expect(distance(lines[c]!, plane.slice(y * width, (y + 1) * width))).toBeLessThan(1e-3);
      }
    }
  });

  it('counts light', () => {
    const sink = new ListSink();
    imageInput(specOf({ width, height }))(rasterOf(image), sink);
    expect(sink.get('input/photo/width')).toBe(image.width);
    expect(sink.get('input/photo/height')).toBe(image.height);
    expect(sink.get('input/photo/aspect')).toBeCloseTo(image.aspect, 12);
    expect(sink.get('input/photo/luminance')).toBeCloseTo(image.luminance, 3);
    expect(sink.get('input/photo/contrast')).toBeCloseTo(image.contrast, 3);
    expect(sink.get('input/photo/saturation')).toBeCloseTo(image.saturation, 5);
    if (image.sharpness === null) expect(sink.get('input/photo/sharpness')).toBeNull();
    else {
      const sharpness = sink.get('input/photo/sharpness') as number;
      // The variance of float32 light: relative to it, or absolute where the image is flat.
      expect(Math.abs(sharpness - image.sharpness)).toBeLessThan(1e-5 * image.sharpness + 1e-3);
    }
  });

  it('turns into luminance where the graph takes one channel', () => {
    const tensor = imageInput(specOf({ width, height, channels: 1, scale: 1 / 255 }))(
      rasterOf(image),
      new ListSink(),
    );
    expect(tensor.dims).toEqual([1, height, width, 1]);
    expect(distance(tensor.data as Float32Array, image.light)).toBeLessThan(1e-2);
  });
});

it("luminance is Pillow's, up to its rounding", () => {
  const [, image] = images.find(([name]) => name === 'rgb, as it is')!;
  const tensor = imageInput(specOf({ width: 6, height: 5, channels: 1, scale: 1 / 255 }))(
    rasterOf(image),
    new ListSink(),
  );
  expect(distance(tensor.data as Float32Array, image.pillowLuma!)).toBeLessThanOrEqual(0.51);
});

describe('packing', () => {
  const [, image] = images.find(([name]) => name === 'rgb, reduced')!;

  it.each([
    ['nhwc', [1, 4, 5, 3]],
    ['nchw', [1, 3, 4, 5]],
  ] as const)('%s, with mean and scale', (layout, dims) => {
    const spec = specOf({ width: 5, height: 4, layout, mean: 0.45, scale: 0.225 });
    const tensor = imageInput(spec)(rasterOf(image), new ListSink());
    expect(tensor.type).toBe('float32');
    expect(tensor.dims).toEqual(dims);
    expect(distance(tensor.data as Float32Array, image[layout]!)).toBeLessThan(1e-5);
  });

  it('writes 0 … 1 by default', () => {
    const white = { data: new Uint8Array(4).fill(255), width: 2, height: 2 };
    const tensor = imageInput(specOf({ channels: 1 }))(white, new ListSink());
    expect([...tensor.data]).toEqual([1, 1, 1, 1]);
  });

  it('repeats luminance where the graph takes three channels of a gray image', () => {
    const gray = { data: Uint8Array.of(0, 51, 102, 255), width: 2, height: 2 };
    const tensor = imageInput(specOf({ scale: 1 / 255 }))(gray, new ListSink());
    expect(Array.from(tensor.data, Number).map(Math.round)).toEqual([
      0, 0, 0, 51, 51, 51, 102, 102, 102, 255, 255, 255,
    ]);
  });
});

describe('refuses', () => {
  it.each([
    ['a number', 4815],
    ['a string', 'data:image/png;base64,4815'],
    ['nothing', undefined],
    ['null', null],
    ['a bare array of bytes', new Uint8Array(4)],
    ['pixels without a size', { data: new Uint8Array(4) }],
    ['pixels of no height', { data: new Uint8Array(4), width: 4, height: 0 }],
    ['a size that is no whole number', { data: new Uint8Array(4), width: 0.5, height: 8 }],
    ['floats', { data: new Float32Array(4), width: 2, height: 2 }],
    ['two bytes a pixel', { data: new Uint8Array(8), width: 2, height: 2 }],
    ['fewer bytes than pixels', { data: new Uint8Array(3), width: 2, height: 2 }],
    ['no bytes', { data: new Uint8Array(), width: 2, height: 2 }],
    [
      'more pixels than any camera has',
      { data: new Uint8Array(1), width: 2 ** 14, height: 2 ** 13 },
    ],
  ])('%s', async (_, value) => {
    const sink = new ListSink();
    const error = await failure(
      () => imageInput(specOf({}))(value as InputValue, sink),
      'input_invalid',
    );
    expect(error.message).toContain('"photo"');
    expect(error.message).not.toContain('4815');
    expect(sink.seen).toEqual([]);
  });
});
