/**
 * Resizing that is the same on every device: bilinear with half-pixel centres and without
 * antialiasing, as `tf.image.resize_bilinear(half_pixel_centers=True)` and PyTorch's
 * `interpolate(align_corners=False)` do it, so that training can reproduce it. A canvas would
 * smooth as its browser likes, which is skew between training and serving.
 */
import type { Raster } from './pixels.ts';

/** Planar float channels in 0 … 255, row-major, channel by channel. */
export interface Planes {
  width: number;
  height: number;
  /** 1 (luminance) or 3 (red, green, blue). */
  channels: Float32Array[];
}

/** Source position and weight of the right-hand neighbour for each target index. */
function taps(
  from: number,
  to: number,
): { index: Int32Array; next: Int32Array; weight: Float32Array } {
  const index = new Int32Array(to);
  const next = new Int32Array(to);
  const weight = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    index[i] = Math.floor(at);
    next[i] = Math.min(index[i]! + 1, from - 1);
    weight[i] = at - index[i]!;
  }
  return { index, next, weight };
}

export function resize(raster: Raster, width: number, height: number): Planes {
  const count = raster.stride === 1 ? 1 : 3;
  const channels = Array.from({ length: count }, () => new Float32Array(width * height));
  const same = raster.width === width && raster.height === height;
  for (let c = 0; c < count; c++) {
    if (same) copyChannel(raster, c, channels[c]!);
    else sampleChannel(raster, c, channels[c]!, width, height);
  }
  return { width, height, channels };
}

function copyChannel(raster: Raster, channel: number, into: Float32Array): void {
  const { data, stride } = raster;
  for (let i = 0, j = channel; i < into.length; i++, j += stride) into[i] = data[j]!;
}

function sampleChannel(
  raster: Raster,
  channel: number,
  into: Float32Array,
  width: number,
  height: number,
): void {
  const { data, stride } = raster;
  const columns = taps(raster.width, width);
  const rows = taps(raster.height, height);
  const line = raster.width * stride;
  for (let y = 0; y < height; y++) {
    const top = rows.index[y]! * line + channel;
    const bottom = rows.next[y]! * line + channel;
    const v = rows.weight[y]!;
    for (let x = 0; x < width; x++) {
      const left = columns.index[x]! * stride;
      const right = columns.next[x]! * stride;
      const u = columns.weight[x]!;
      const upper = data[top + left]! * (1 - u) + data[top + right]! * u;
      const lower = data[bottom + left]! * (1 - u) + data[bottom + right]! * u;
      into[y * width + x] = upper * (1 - v) + lower * v;
    }
  }
}
