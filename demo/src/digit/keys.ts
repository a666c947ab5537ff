/** The pad by keyboard: arrows move a pen, Space sets it down and lifts it. */
import type { Point } from './pad.ts';

/** Pixels a key press moves the pen, and with Shift. */
const STEP = 14;
const FINE = 5;

export interface PenOptions {
  canvas: HTMLCanvasElement;
  /** Pixels a side. */
  size: number;
  line(from: Point, to: Point): void;
  clear(): void;
  /** Where the pen is, for the eye; null: the pad has not the focus. */
  moved(at: Point | null, isDown: boolean): void;
  /** What has happened, for the ear. */
  say(text: string): void;
}

const DIRECTIONS: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

export function followKeys({ canvas, size, line, clear, moved, say }: PenOptions): void {
  const held = new Set<string>();
  let pen: Point = { x: size / 2, y: size / 4 };
  let isDown = false;

  const move = (step: number) => {
    // Two arrows at once are a diagonal.
    const by = { x: 0, y: 0 };
    for (const key of held) {
      by.x += DIRECTIONS[key]!.x;
      by.y += DIRECTIONS[key]!.y;
    }
    const within = (at: number) => Math.min(Math.max(at, 0), size);
    const next = { x: within(pen.x + by.x * step), y: within(pen.y + by.y * step) };
    if (isDown) line(pen, next);
    pen = next;
    moved(pen, isDown);
  };
  const set = (down: boolean) => {
    isDown = down;
    if (down) line(pen, pen);
    moved(pen, isDown);
    say(down ? 'Pen down: arrow keys draw.' : 'Pen up: arrow keys move.');
  };
  canvas.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in DIRECTIONS) {
      held.add(event.key);
      move(event.shiftKey ? FINE : STEP);
    } else if (event.key === ' ') {
      if (!event.repeat) set(!isDown);
    } else if (event.key === 'Escape' && isDown) {
      set(false);
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      clear();
    } else return;
    event.preventDefault();
  });
  canvas.addEventListener('keyup', (event) => held.delete(event.key));
  // By keyboard only: a finger shows by itself where it is.
  canvas.addEventListener('focus', () =>
    moved(canvas.matches(':focus-visible') ? pen : null, isDown),
  );
  canvas.addEventListener('blur', () => {
    held.clear();
    isDown = false;
    moved(null, false);
  });
}
