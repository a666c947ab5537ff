/** A pad to draw on with a finger, a mouse or a pen; keys are the business of keys.ts. */

import type { Ink } from './normalise.ts';
import { paint } from './paint.ts';

/** Logical pixels a side; the width of a stroke makes MNIST's 2–3 pixels of a 20-pixel digit. */
export const PAD = 280;
const STROKE = 24;

export interface Point {
  x: number;
  y: number;
}

export interface Pad {
  /** Ink as the opacity of what has been drawn. */
  ink(): Ink;
  clear(): void;
  /** Puts an image on the pad, filling it. */
  put(ink: Ink): void;
  /** Draws from one point to another; the same point twice is a dot. */
  line(from: Point, to: Point): void;
}

export function createPad(canvas: HTMLCanvasElement, changed: () => void): Pad {
  canvas.width = PAD;
  canvas.height = PAD;
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.lineWidth = STROKE;
  context.lineCap = 'round';
  context.lineJoin = 'round';

  const line = (from: Point, to: Point) => {
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
    changed();
  };
  followPointer(canvas, line);
  return {
    ink() {
      const { data } = context.getImageData(0, 0, PAD, PAD);
      const alpha = Uint8Array.from({ length: PAD * PAD }, (_, i) => data[i * 4 + 3]!);
      return { data: alpha, width: PAD, height: PAD };
    },
    clear() {
      context.clearRect(0, 0, PAD, PAD);
      changed();
    },
    put(ink) {
      const image = document.createElement('canvas');
      paint(image, ink);
      context.clearRect(0, 0, PAD, PAD);
      // Smoothed, it would come out of `normalise` softer than it went in: skew, which is counted.
      context.imageSmoothingEnabled = false;
      context.drawImage(image, 0, 0, PAD, PAD);
      changed();
    },
    line,
  };
}

function followPointer(canvas: HTMLCanvasElement, line: (from: Point, to: Point) => void): void {
  const at = new Map<number, Point>();
  const pointOf = (event: PointerEvent): Point => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - left) / width) * PAD,
      y: ((event.clientY - top) / height) * PAD,
    };
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    const point = pointOf(event);
    at.set(event.pointerId, point);
    line(point, point);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!at.has(event.pointerId)) return;
    // A fast hand moves further than one event a frame tells.
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length > 0 ? moves : [event]) {
      const point = pointOf(move);
      line(at.get(event.pointerId)!, point);
      at.set(event.pointerId, point);
    }
  });
  for (const end of ['pointerup', 'pointercancel'] as const)
    canvas.addEventListener(end, (event) => at.delete(event.pointerId));
}
