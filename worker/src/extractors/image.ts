/** Images: resized to the graph's size; counted by size, light, contrast, sharpness, saturation. */
import { type InputSpec, SERIES, type Tensor } from '@siskin/protocol';
import type { InputValue } from '../api.ts';
import type { FeatureSink } from '../features.ts';
import { pixelsOf } from './pixels.ts';
import { type Planes, resize } from './resize.ts';

type ImageSpec = Extract<InputSpec, { kind: 'image' }>;

export function extractImage(spec: ImageSpec, value: InputValue, sink: FeatureSink): Tensor {
  const raster = pixelsOf(spec.name, value);
  const planes = resize(raster, spec.width, spec.height);
  const light = luminance(planes);
  sink.number(SERIES.input(spec.name, 'width'), raster.width);
  sink.number(SERIES.input(spec.name, 'height'), raster.height);
  sink.number(SERIES.input(spec.name, 'aspect'), raster.width / raster.height);
  observeLight(spec.name, light, planes, sink);
  const channels =
    spec.channels === 1
      ? [light]
      : planes.channels.length === 3
        ? planes.channels
        : [light, light, light];
  return pack(spec, channels);
}

/** ITU-R BT.601 luma, as Pillow's `convert("L")` weighs it (before its rounding). */
function luminance({ channels }: Planes): Float32Array {
  const [red, green, blue] = channels;
  if (green === undefined || blue === undefined) return red!;
  const light = new Float32Array(red!.length);
  for (let i = 0; i < light.length; i++)
    light[i] = 0.299 * red![i]! + 0.587 * green[i]! + 0.114 * blue[i]!;
  return light;
}

/**
 * Of the resized image, in 0 … 255: mean luminance; contrast, its population σ; sharpness, the
 * population variance of its 4-neighbour Laplacian over the inner pixels (Pech-Pacheco et al. 2000);
 * and mean HSV saturation in 0 … 1.
 */
function observeLight(name: string, light: Float32Array, planes: Planes, sink: FeatureSink): void {
  const { mean, variance } = moments(light);
  sink.number(SERIES.input(name, 'luminance'), mean);
  sink.number(SERIES.input(name, 'contrast'), Math.sqrt(variance));
  sink.number(
    SERIES.input(name, 'sharpness'),
    laplacianVariance(light, planes.width, planes.height),
  );
  sink.number(SERIES.input(name, 'saturation'), saturation(planes));
}

function moments(values: Float32Array): { mean: number; variance: number } {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i]!;
    squares += values[i]! * values[i]!;
  }
  const mean = sum / values.length;
  return { mean, variance: Math.max(0, squares / values.length - mean * mean) };
}

function laplacianVariance(light: Float32Array, width: number, height: number): number | null {
  if (width < 3 || height < 3) return null;
  let sum = 0;
  let squares = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * width + 1, end = (y + 1) * width - 1; i < end; i++) {
      const l =
        light[i - 1]! + light[i + 1]! + light[i - width]! + light[i + width]! - 4 * light[i]!;
      sum += l;
      squares += l * l;
    }
  }
  const n = (width - 2) * (height - 2);
  return Math.max(0, squares / n - (sum / n) ** 2);
}

function saturation({ channels }: Planes): number {
  const [red, green, blue] = channels;
  if (green === undefined || blue === undefined) return 0;
  let sum = 0;
  for (let i = 0; i < red!.length; i++) {
    const most = Math.max(red![i]!, green[i]!, blue[i]!);
    if (most > 0) sum += 1 - Math.min(red![i]!, green[i]!, blue[i]!) / most;
  }
  return sum / red!.length;
}

function pack(spec: ImageSpec, channels: Float32Array[]): Tensor {
  const { width, height, mean, scale } = spec;
  const size = width * height;
  const count = channels.length;
  const data = new Float32Array(size * count);
  const factor = 1 / (255 * scale);
  const offset = mean / scale;
  const [step, jump] = spec.layout === 'nhwc' ? [count, 1] : [1, size];
  for (let c = 0; c < count; c++) {
    const channel = channels[c]!;
    for (let i = 0, j = c * jump; i < size; i++, j += step) data[j] = channel[i]! * factor - offset;
  }
  const dims = spec.layout === 'nhwc' ? [1, height, width, count] : [1, count, height, width];
  return { type: 'float32', dims, data };
}
