/**
 * Strokes → what MNIST digits look like: "size normalized to fit in a 20×20 pixel box while
 * preserving their aspect ratio … the resulting images contain grey levels as a result of the
 * anti-aliasing … centered in a 28×28 image by computing the center of mass of the pixels, and
 * translating the image so as to position this point at the center of the 28×28 field"
 * (LeCun, Cortes, Burges: The MNIST database, http://yann.lecun.com/exdb/mnist/).
 */
export const FIELD = 28;
export const BOX = 20;

/** Ink, row-major, one byte a pixel: 0 paper … 255 ink. */
export interface Ink {
  data: Uint8Array<ArrayBuffer>;
  width: number;
  height: number;
}

interface Rectangle {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** @returns 28×28 white ink on black, or null if there is none. */
export function normalise(ink: Ink): Ink | null {
  const bounds = boundsOf(ink);
  if (bounds === null) return null;
  const scale = BOX / Math.max(bounds.width, bounds.height);
  const width = Math.max(1, Math.round(bounds.width * scale));
  const height = Math.max(1, Math.round(bounds.height * scale));
  const small = shrink(ink, bounds, width, height);
  const [x, y] = centreOfMass(small);
  const data = new Uint8Array(FIELD * FIELD);
  const left = offset(x, width);
  const top = offset(y, height);
  for (let row = 0; row < height; row++) {
    data.set(small.data.subarray(row * width, (row + 1) * width), (top + row) * FIELD + left);
  }
  return { data, width: FIELD, height: FIELD };
}

function boundsOf({ data, width, height }: Ink): Rectangle | null {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x] === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Every target pixel is the mean of the area it covers: the anti-aliasing of the description. */
function shrink(ink: Ink, from: Rectangle, width: number, height: number): Ink {
  const columns = coverage(from.left, from.width, width);
  const rows = coverage(from.top, from.height, height);
  const area = (from.width / width) * (from.height / height);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (const [row, tall] of rows[y]!) {
        for (const [column, wide] of columns[x]!)
          sum += ink.data[row * ink.width + column]! * tall * wide;
      }
      data[y * width + x] = Math.round(sum / area);
    }
  }
  return { data, width, height };
}

/** For each target pixel, the source pixels it covers and how much of each, 0 … 1. */
function coverage(start: number, length: number, count: number): [number, number][][] {
  const end = start + length;
  return Array.from({ length: count }, (_, i) => {
    const low = start + (i * length) / count;
    const high = start + ((i + 1) * length) / count;
    const covered: [number, number][] = [];
    for (let at = Math.floor(low); at < Math.min(Math.ceil(high), end); at++)
      covered.push([at, Math.min(high, at + 1) - Math.max(low, at)]);
    return covered;
  });
}

/** In pixels, where the middle of the first pixel is at 0.5. */
function centreOfMass({ data, width, height }: Ink): [x: number, y: number] {
  let [mass, x, y] = [0, 0, 0];
  for (let i = 0; i < width * height; i++) {
    mass += data[i]!;
    x += data[i]! * ((i % width) + 0.5);
    y += data[i]! * (Math.floor(i / width) + 0.5);
  }
  return [x / mass, y / mass];
}

/**
 * Where the box begins, in whole pixels, which keeps the grey levels. The field has no middle pixel;
 * MNIST's images have their centre of mass in pixel 14, counted from 0 (normalise.test.ts), whose
 * middle is at 14.5. No ink falls off the field.
 */
function offset(centre: number, size: number): number {
  const middle = FIELD / 2 + 0.5;
  return Math.min(Math.max(Math.round(middle - centre), 0), FIELD - size);
}
