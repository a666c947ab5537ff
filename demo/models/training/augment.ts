/** Copies of a digit as another hand might have placed it. */
import { type Digit, SIDE } from '../../data/digits.ts';

/** Turned by up to 12°, scaled by 0.85–1.15, shifted by up to 2 pixels; bilinear, paper outside. */
export function moved(digit: Digit, random: () => number): Digit {
  const between = (low: number, high: number) => low + (high - low) * random();
  const angle = (between(-12, 12) * Math.PI) / 180;
  const scale = between(0.85, 1.15);
  const [dx, dy] = [between(-2, 2), between(-2, 2)];
  const [cos, sin] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const centre = (SIDE - 1) / 2;
  const pixels = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const [u, v] = [x - centre - dx, y - centre - dy];
      pixels[y * SIDE + x] = Math.round(
        sample(digit.pixels, centre + cos * u + sin * v, centre - sin * u + cos * v),
      );
    }
  }
  return { ...digit, pixels };
}

function sample(pixels: Uint8Array, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const at = (column: number, row: number) =>
    column >= 0 && row >= 0 && column < SIDE && row < SIDE ? pixels[row * SIDE + column]! : 0;
  const [u, v] = [x - left, y - top];
  const upper = at(left, top) * (1 - u) + at(left + 1, top) * u;
  const lower = at(left, top + 1) * (1 - u) + at(left + 1, top + 1) * u;
  return upper * (1 - v) + lower * v;
}
