/** What a page has at hand → what crosses to the worker. */
import { messageOf, SiskinError, type Tensor } from '@siskin/protocol';
import type { Input, InputValue } from '@siskin/worker';
import { transfer } from 'comlink';

/** Anything a page can show, besides what crosses as it is. */
export type PageImage =
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLImageElement
  | HTMLVideoElement
  | VideoFrame
  | Blob;
export type PageValue = InputValue | PageImage;
/** Values by input name; a model of one input also takes the bare value. */
export type PageInput = Readonly<Record<string, PageValue>> | PageValue;

const IMAGES = [
  'HTMLCanvasElement',
  'OffscreenCanvas',
  'HTMLImageElement',
  'HTMLVideoElement',
  'VideoFrame',
  'Blob',
];

function isImage(value: unknown): value is PageImage {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  return IMAGES.some((name) => {
    const type = (globalThis as Record<string, unknown>)[name];
    return typeof type === 'function' && value instanceof type;
  });
}

async function decode(image: PageImage): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(image);
  } catch (cause) {
    throw new SiskinError('input_invalid', `the image cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/**
 * Decodes images off the main thread and hands them over without a copy.
 * @param give also move the buffers of tensors: they are empty for the caller afterwards.
 * @throws SiskinError `input_invalid` for an image that cannot be decoded.
 */
export async function toInput(input: PageInput, give: boolean): Promise<Input> {
  const one = typeof input !== 'object' || input === null || isImage(input) || isBare(input);
  // Most often there is nothing to decode and nothing to move.
  const plain = one ? !isImage(input) : !Object.values(input).some(isImage);
  if (plain && !give) return input as Input;
  const moved: Transferable[] = [];
  const prepare = async (value: PageValue): Promise<InputValue> => {
    if (isImage(value)) {
      const bitmap = await decode(value);
      moved.push(bitmap);
      return bitmap;
    }
    const data = ArrayBuffer.isView(value)
      ? value
      : (value as Partial<Tensor> | null | undefined)?.data;
    if (give && ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer)
      moved.push(data.buffer);
    return value;
  };
  let ready: Input;
  if (one) {
    ready = await prepare(input as PageValue);
  } else {
    const entries = Object.entries(input).map(
      async ([name, value]) => [name, await prepare(value as PageValue)] as const,
    );
    ready = Object.fromEntries(await Promise.all(entries));
  }
  return moved.length === 0 ? ready : (transfer(ready as object, [...new Set(moved)]) as Input);
}

function isBare(input: object): boolean {
  return (
    ArrayBuffer.isView(input) ||
    input instanceof ImageBitmap ||
    ('data' in input && ArrayBuffer.isView(input.data))
  );
}
