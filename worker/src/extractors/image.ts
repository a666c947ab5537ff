/** Images: resized to the graph's size; counted by size, light, contrast, sharpness, saturation. */
import { type InputSpec, SERIES, type Tensor } from '@siskin/protocol';
import type { InputValue } from '../api.ts';
import type { FeatureSink } from '../features.ts';
import { pixelsOf, type Raster } from './pixels.ts';
import { channelsOf, resize } from './resize.ts';
import type { ToTensor } from './step.ts';

type ImageSpec = Extract<InputSpec, { kind: 'image' }>;

/**
 * Of the resized image, in 0 … 255: mean luminance; contrast, its population σ; sharpness, the
 * population variance of its 4-neighbour Laplacian over the inner pixels (Pech-Pacheco et al. 2000);
 * and mean HSV saturation in 0 … 1. Width, height and aspect are the given image's.
 */
export function imageInput(spec: ImageSpec): ToTensor {
  const series = (feature: string) => SERIES.input(spec.name, feature);
  const [width, height, aspect] = [series('width'), series('height'), series('aspect')];
  const [luminance, contrast] = [series('luminance'), series('contrast')];
  const [sharpness, saturation] = [series('sharpness'), series('saturation')];
  return (value: InputValue, sink: FeatureSink): Tensor => {
    const raster = pixelsOf(spec.name, value);
    const { data, light, saturated } = convert(spec, raster);
    const mean = meanOf(light);
    sink.number(width, raster.width);
    sink.number(height, raster.height);
    sink.number(aspect, raster.width / raster.height);
    sink.number(luminance, mean);
    sink.number(contrast, Math.sqrt(varianceOf(light, mean)));
    sink.number(sharpness, laplacianVariance(light, spec.width, spec.height));
    sink.number(saturation, saturated);
    const { channels, layout } = spec;
    const size =
      layout === 'nhwc' ? [spec.height, spec.width, channels] : [channels, spec.height, spec.width];
    return { type: 'float32', dims: [1, ...size], data };
  };
}

interface Converted {
  /** As the graph takes it: (channel / 255 − mean) / scale. */
  data: Float32Array;
  light: Float32Array;
  /** Mean saturation. */
  saturated: number;
}

/** Row by row, so that each is resized, weighed and packed while the cache still has it. */
function convert(spec: ImageSpec, raster: Raster): Converted {
  const { width, height, channels } = spec;
  const data = new Float32Array(width * height * channels);
  const light = new Float32Array(width * height);
  const colours = Array.from({ length: channelsOf(raster) }, () => new Float32Array(width));
  const [red, green, blue] = colours;
  const readRow = resize(raster, width, height);
  let saturated = 0;
  for (let y = 0; y < height; y++) {
    const row = light.subarray(y * width, (y + 1) * width);
    readRow(y, colours);
    if (green === undefined || blue === undefined) row.set(red!);
    else saturated += weigh(red!, green, blue, row);
    for (let c = 0; c < channels; c++) {
      const line = channels === 3 && colours.length === 3 ? colours[c]! : row;
      pack(spec, line, data, y, c);
    }
  }
  return { data, light, saturated: saturated / light.length };
}

/**
 * Writes ITU-R BT.601 luma, as Pillow's `convert("L")` weighs it (before its rounding).
 * @returns the sum of the row's saturations.
 */
function weigh(
  red: Float32Array,
  green: Float32Array,
  blue: Float32Array,
  light: Float32Array,
): number {
  let saturated = 0;
  for (let x = 0; x < light.length; x++) {
    const r = red[x]!;
    const g = green[x]!;
    const b = blue[x]!;
    light[x] = 0.299 * r + 0.587 * g + 0.114 * b;
    // Largest and smallest without branches, which a processor would guess wrong every other time.
    const upper = (r + g + Math.abs(r - g)) / 2;
    const lower = r + g - upper;
    const most = (upper + b + Math.abs(upper - b)) / 2;
    const least = (lower + b - Math.abs(lower - b)) / 2;
    if (most > 0) saturated += 1 - least / most;
  }
  return saturated;
}

/** Row y of channel c to its place in the tensor. */
function pack(
  { width, height, channels, layout, mean, scale }: ImageSpec,
  line: Float32Array,
  data: Float32Array,
  y: number,
  c: number,
): void {
  const factor = 1 / (255 * scale);
  const offset = mean / scale;
  const nhwc = layout === 'nhwc';
  const step = nhwc ? channels : 1;
  let at = nhwc ? y * width * channels + c : (c * height + y) * width;
  for (let x = 0; x < line.length; x++, at += step) data[at] = line[x]! * factor - offset;
}

function meanOf(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Population variance, in a second pass: an even image has exactly none. */
function varianceOf(values: Float32Array, mean: number): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const d = values[i]! - mean;
    squares += d * d;
  }
  return squares / values.length;
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
