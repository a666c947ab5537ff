/**
 * Resizing that is the same on every device: bilinear with half-pixel centres and without
 * antialiasing, as `tf.image.resize_bilinear(half_pixel_centers=True)` and PyTorch's
 * `interpolate(align_corners=False)` do it, so that training can reproduce it. A canvas would
 * smooth as its browser likes, which is skew between training and serving.
 */
import type { Raster } from './pixels.ts';

/** One row of target pixels in 0 … 255: luminance alone, or red, green and blue. */
export type Lines = readonly Float32Array[];

/** Writes the y-th row of the resized image into `lines`, as many as the raster has channels. */
export type RowReader = (y: number, lines: Lines) => void;

/** 1 (luminance) or 3 (red, green, blue; alpha is ignored). */
export function channelsOf(raster: Raster): 1 | 3 {
  return raster.stride === 1 ? 1 : 3;
}

export function resize(raster: Raster, width: number, height: number): RowReader {
  return raster.width === width && raster.height === height
    ? copier(raster)
    : sampler(raster, width, height);
}

function copier({ data, stride, width }: Raster): RowReader {
  return (y, lines) => {
    for (let c = 0; c < lines.length; c++) {
      const line = lines[c]!;
      for (let x = 0, i = y * width * stride + c; x < width; x++, i += stride) line[x] = data[i]!;
    }
  };
}

/** Source position and weight of the next neighbour for each target index. */
function taps(from: number, to: number, stride: number) {
  const index = new Int32Array(to);
  const next = new Int32Array(to);
  const weight = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    const left = Math.floor(at);
    index[i] = left * stride;
    next[i] = Math.min(left + 1, from - 1) * stride;
    weight[i] = at - left;
  }
  return { index, next, weight };
}

function sampler(raster: Raster, width: number, height: number): RowReader {
  const { data, stride } = raster;
  const { index, next, weight } = taps(raster.width, width, stride);
  const rows = taps(raster.height, height, raster.width * stride);
  return (y, lines) => {
    const v = rows.weight[y]!;
    for (let c = 0; c < lines.length; c++) {
      const line = lines[c]!;
      const top = rows.index[y]! + c;
      const bottom = rows.next[y]! + c;
      for (let x = 0; x < width; x++) {
        const left = index[x]!;
        const right = next[x]!;
        const u = weight[x]!;
        const upper = data[top + left]! * (1 - u) + data[top + right]! * u;
        const lower = data[bottom + left]! * (1 - u) + data[bottom + right]! * u;
        line[x] = upper * (1 - v) + lower * v;
      }
    }
  };
}
