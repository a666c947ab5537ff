/** The digit pad: what is drawn, what the model sees of it, and what it takes it for. */
import type { Prediction } from '@siskin/sdk';
import { element, part, write } from '../dom.ts';
import type { Subject } from '../subject.ts';
import { createBars } from './bars.ts';
import { followKeys } from './keys.ts';
import { normalise } from './normalise.ts';
import { createPad, PAD } from './pad.ts';
import { paint } from './paint.ts';
import { readSamples } from './samples.ts';

/** Between two strokes of one digit the hand rests shorter than this. */
const DRAWING_MS = 250;

export interface DigitOptions {
  section: HTMLElement;
  /** The input has changed; ask when it has rested for so long. */
  changed(settleMs: number): void;
}

export function createDigit({ section, changed }: DigitOptions): Subject {
  const canvas = part<HTMLCanvasElement>(section, 'pad');
  const pen = part(section, 'pen');
  const says = part(section, 'pad-says');
  const seen = part<HTMLCanvasElement>(section, 'seen');
  const label = part(section, 'answer');
  const bars = createBars(part(section, 'bars'));

  let settle = DRAWING_MS;
  const pad = createPad(canvas, () => {
    section.toggleAttribute('data-drawn', true);
    changed(settle);
  });
  /** What is done at once rather than drawn stroke by stroke is asked about at once. */
  const atOnce = (work: () => void) => {
    settle = 0;
    work();
    settle = DRAWING_MS;
  };
  const clear = () => {
    atOnce(() => pad.clear());
    section.toggleAttribute('data-drawn', false);
    write(says, 'Cleared.');
  };
  followKeys({
    canvas,
    size: PAD,
    line: pad.line,
    clear,
    moved(at, isDown) {
      pen.hidden = at === null;
      pen.toggleAttribute('data-down', isDown);
      if (at === null) return;
      pen.style.left = `${(at.x / PAD) * 100}%`;
      pen.style.top = `${(at.y / PAD) * 100}%`;
    },
    say: (text) => write(says, text),
  });
  part(section, 'clear').addEventListener('click', clear);
  part(section, 'digit-samples').append(
    ...readSamples().map(({ label: truth, ink }) => {
      const picture = element('canvas', { 'aria-hidden': 'true', class: 'ink' });
      paint(picture, ink);
      const button = element(
        'button',
        { type: 'button', 'aria-label': `Sample digit ${truth}` },
        picture,
      );
      button.addEventListener('click', () => atOnce(() => pad.put(ink)));
      return button;
    }),
  );

  return {
    read() {
      const image = normalise(pad.ink());
      paint(seen, image);
      return image;
    },
    follow({ spec }) {
      const [output] = spec.outputs;
      bars.lay(output?.kind === 'classification' ? output.labels : []);
    },
    show(prediction: Prediction | null) {
      const { output } = prediction ?? {};
      bars.show(output instanceof Float32Array ? output : null);
      write(label, prediction?.label ?? '–');
    },
  };
}
