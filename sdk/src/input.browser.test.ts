import { SiskinError, type Tensor } from '@siskin/protocol';
import { expose, wrap } from 'comlink';
import { describe, expect, it } from 'vitest';
import { type PageInput, toInput } from './input.ts';

/** What arrives at the other end of a real port. */
async function cross(input: PageInput, give = false): Promise<unknown> {
  const { port1, port2 } = new MessageChannel();
  let arrived: unknown;
  const take = (value: unknown) => {
    arrived = value;
  };
  expose({ take }, port2);
  await wrap<{ take(value: unknown): void }>(port1).take(await toInput(input, give));
  port1.close();
  return arrived;
}

function canvas(color: string): HTMLCanvasElement {
  const element = document.createElement('canvas');
  element.width = 3;
  element.height = 2;
  const context = element.getContext('2d')!;
  context.fillStyle = color;
  context.fillRect(0, 0, 3, 2);
  return element;
}

async function image(): Promise<HTMLImageElement> {
  const element = new Image();
  element.src = canvas('red').toDataURL();
  await element.decode();
  return element;
}

const blob = () =>
  new Promise<Blob>((resolve) => canvas('red').toBlob((made) => resolve(made!), 'image/png'));

function firstPixel(bitmap: ImageBitmap): number[] {
  const context = new OffscreenCanvas(1, 1).getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  return [...context.getImageData(0, 0, 1, 1).data];
}

describe('images', () => {
  const sources: [string, () => PageInput | Promise<PageInput>][] = [
    ['a canvas', () => canvas('red')],
    ['an image element', image],
    ['a blob', blob],
    [
      'an offscreen canvas',
      () => {
        const offscreen = new OffscreenCanvas(3, 2);
        const context = offscreen.getContext('2d')!;
        context.fillStyle = 'red';
        context.fillRect(0, 0, 3, 2);
        return offscreen;
      },
    ],
    ['a video frame', () => new VideoFrame(canvas('red'), { timestamp: 0 })],
    ['an ImageBitmap', () => createImageBitmap(canvas('red'))],
  ];

  it.each(sources)('%s arrives as a bitmap', async (_, source) => {
    const arrived = await cross(await source());
    expect(arrived).toBeInstanceOf(ImageBitmap);
    const bitmap = arrived as ImageBitmap;
    expect([bitmap.width, bitmap.height]).toEqual([3, 2]);
    expect(firstPixel(bitmap)).toEqual([255, 0, 0, 255]);
  });

  it('in a map of inputs arrive beside the others', async () => {
    const arrived = await cross({ photo: canvas('red'), age: 40, name: null });
    expect(arrived).toMatchObject({ age: 40, name: null });
    expect((arrived as { photo: unknown }).photo).toBeInstanceOf(ImageBitmap);
  });

  it('are taken as they are at the call', async () => {
    const element = canvas('red');
    const taken = toInput(element, false);
    element.getContext('2d')!.clearRect(0, 0, 3, 2);
    expect(firstPixel((await taken) as ImageBitmap)).toEqual([255, 0, 0, 255]);
  });

  it('ImageData crosses as its pixels', async () => {
    const pixels = canvas('red').getContext('2d')!.getImageData(0, 0, 3, 2);
    const arrived = await cross(pixels);
    expect(arrived).toBeInstanceOf(ImageData);
    expect((arrived as ImageData).data).toEqual(pixels.data);
  });

  it.each([
    ['a blob that is no image', () => new Blob(['no image'])],
    [
      'a canvas of no size',
      () => Object.assign(document.createElement('canvas'), { width: 0, height: 0 }),
    ],
  ])('%s is refused typed', async (_, source) => {
    const error = await toInput(source(), false).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SiskinError);
    expect((error as SiskinError).code).toBe('input_invalid');
  });
});

describe('arrays', () => {
  const array = () => Float32Array.from({ length: 1000 }, (_, i) => i);
  const tensor = (data: Float32Array): Tensor => ({ type: 'float32', dims: [1000], data });

  it('are copied unless they are given', async () => {
    const data = array();
    expect(await cross(data)).toEqual(array());
    expect(data).toHaveLength(1000);
  });

  it('that are given arrive whole and are empty here', async () => {
    const data = array();
    expect(await cross(data, true)).toEqual(array());
    expect(data.byteLength).toBe(0);
  });

  it('in tensors and in maps are given alike', async () => {
    const [a, b] = [array(), array()];
    const arrived = await cross({ a: tensor(a), b }, true);
    expect(arrived).toEqual({ a: tensor(array()), b: array() });
    expect([a.byteLength, b.byteLength]).toEqual([0, 0]);
  });

  it('of one buffer are given once', async () => {
    const { buffer } = array();
    const half = (offset: number) => new Float32Array(buffer, offset, 500);
    const arrived = await cross({ left: half(0), right: half(2000) }, true);
    const { left, right } = arrived as Record<string, Float32Array>;
    expect([left![0], right![0]]).toEqual([0, 500]);
    expect(buffer.byteLength).toBe(0);
  });

  it('of shared memory are never given away', async () => {
    const shared = new Float32Array(new SharedArrayBuffer(16));
    const arrived = (await toInput({ shared }, true)) as Record<string, unknown>;
    expect(arrived.shared).toBe(shared);
  });
});

it.each([5, 'text', true, null, undefined])('%j crosses as it is', async (value) => {
  expect(await cross(value)).toBe(value);
});
