/** Ink on a canvas. */
import type { Ink } from './normalise.ts';

/** Paints ink as the opacity of black, so that the page's theme decides how it looks. */
export function paint(canvas: HTMLCanvasElement, ink: Ink | null): void {
  if (ink !== null) {
    canvas.width = ink.width;
    canvas.height = ink.height;
  }
  const context = canvas.getContext('2d')!;
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (ink === null) return;
  const image = new ImageData(ink.width, ink.height);
  ink.data.forEach((value, i) => {
    image.data[i * 4 + 3] = value;
  });
  context.putImageData(image, 0, 0);
}
