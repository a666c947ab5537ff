/** Held against MNIST itself: its images, taken apart, have to come out of it as they were. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDigits, splitDigits } from '../../data/digits.ts';
import { BOX, FIELD, type Ink, normalise } from './normalise.ts';

/** Each pixel `scale` times as large, with paper around it. */
function enlarge(pixels: Uint8Array, scale: number, left: number, top: number): Ink {
  const width = FIELD * scale + left;
  const height = FIELD * scale + top;
  const data = new Uint8Array(width * height);
  for (let y = top; y < height; y++) {
    for (let x = left; x < width; x++) {
      const source = Math.floor((y - top) / scale) * FIELD + Math.floor((x - left) / scale);
      data[y * width + x] = pixels[source]!;
    }
  }
  return { data, width, height };
}

function inkOf(width: number, height: number, isInk: (x: number, y: number) => boolean): Ink {
  const data = Uint8Array.from({ length: width * height }, (_, i) =>
    isInk(i % width, Math.floor(i / width)) ? 255 : 0,
  );
  return { data, width, height };
}

/** Columns and rows that hold ink. */
function extent({ data, width }: Ink): { wide: number; tall: number } {
  const inked = [...data.keys()].filter((i) => data[i]! > 0);
  const span = (at: number[]) => Math.max(...at) - Math.min(...at) + 1;
  return {
    wide: span(inked.map((i) => i % width)),
    tall: span(inked.map((i) => Math.floor(i / width))),
  };
}

describe('normalise', () => {
  test('gives back every held-out MNIST image, pixel by pixel, wherever it was drawn', () => {
    const { heldOut } = splitDigits(readDigits());
    const changed = heldOut.filter(({ pixels }, i) => {
      const drawn = enlarge(pixels, 5, i % 41, i % 23);
      return !Buffer.from(normalise(drawn)!.data).equals(Buffer.from(pixels));
    });
    expect(heldOut.length).toBe(2000);
    expect(changed.length).toBe(0);
  });

  test('an empty pad has no image', () => {
    expect(normalise(inkOf(280, 280, () => false))).toBeNull();
  });

  test('a dot fills the box, a line keeps its shape', () => {
    const dot = normalise(inkOf(280, 280, (x, y) => x === 3 && y === 270))!;
    expect(extent(dot)).toEqual({ wide: BOX, tall: BOX });
    const line = normalise(inkOf(280, 280, (x, y) => x >= 40 && x < 240 && y >= 10 && y < 30))!;
    expect(extent(line)).toEqual({ wide: 20, tall: 2 });
    expect(line.data[14 * FIELD + 14]).toBe(255);
  });

  test('no ink falls off, whatever is drawn', () => {
    const rectangles = fc.record({
      x: fc.integer({ min: 0, max: 99 }),
      y: fc.integer({ min: 0, max: 99 }),
      wide: fc.integer({ min: 1, max: 60 }),
      tall: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(rectangles, { minLength: 1, maxLength: 5 }), (parts) => {
        const ink = inkOf(100, 100, (x, y) =>
          parts.some((r) => x >= r.x && x < r.x + r.wide && y >= r.y && y < r.y + r.tall),
        );
        const drawn = extent(ink);
        const image = normalise(ink)!;
        expect(image.data.length).toBe(FIELD * FIELD);
        const { wide, tall } = extent(image);
        expect(Math.max(wide, tall)).toBe(BOX);
        const side = BOX / Math.max(drawn.wide, drawn.tall);
        expect(wide).toBe(Math.max(1, Math.round(drawn.wide * side)));
        expect(tall).toBe(Math.max(1, Math.round(drawn.tall * side)));
      }),
    );
  });
});
