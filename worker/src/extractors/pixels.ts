/** Pixels of an image value, as bytes. */
import { SiskinError } from '@siskin/protocol';
import type { InputValue, Pixels } from '../api.ts';

export interface Raster extends Pixels {
  /** Bytes a pixel: 1, 3 or 4. */
  stride: number;
}

/** Beyond this no camera goes; an image this large would stall the device. */
const MAX_PIXELS = 64 * 2 ** 20;

export function pixelsOf(name: string, value: InputValue): Raster {
  if (typeof ImageBitmap !== 'undefined' && value instanceof ImageBitmap)
    return fromBitmap(name, value);
  const pixels = value as Partial<Pixels> | null | undefined;
  const { data, width, height } = pixels ?? {};
  const bytes = data instanceof Uint8ClampedArray || data instanceof Uint8Array;
  if (!bytes || !isSize(width) || !isSize(height)) {
    throw new SiskinError(
      'input_invalid',
      `input "${name}" must be an image: ImageData, ImageBitmap, a canvas, or { data, width, height } of bytes`,
    );
  }
  checkSize(name, width, height);
  const stride = data.length / (width * height);
  if (stride !== 1 && stride !== 3 && stride !== 4) {
    throw new SiskinError(
      'input_invalid',
      `input "${name}" has ${data.length} bytes for ${width}×${height} pixels: 1, 3 or 4 bytes a pixel are understood`,
    );
  }
  return { data, width, height, stride };
}

function isSize(size: unknown): size is number {
  return Number.isInteger(size) && (size as number) > 0;
}

function checkSize(name: string, width: number, height: number): void {
  if (width * height === 0 || width * height > MAX_PIXELS) {
    throw new SiskinError(
      'input_invalid',
      `input "${name}" has ${width}×${height} pixels: pass an image of 1 to ${MAX_PIXELS}`,
    );
  }
}

function fromBitmap(name: string, bitmap: ImageBitmap): Raster {
  const { width, height } = bitmap;
  checkSize(name, width, height);
  const context = new OffscreenCanvas(width, height).getContext('2d', {
    willReadFrequently: true,
  })!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { data: context.getImageData(0, 0, width, height).data, width, height, stride: 4 };
}
