/** The house-price form: what it asks about, how it shows a price, and what the house really sold for. */
import type { Prediction } from '@siskin/sdk';
import { element, part, write } from '../dom.ts';
import { dollars } from '../format.ts';
import type { Hooks, Subject } from '../subject.ts';
import { fieldsOf } from './fields.ts';
import { createForm } from './form.ts';
import { createOutcome } from './outcome.ts';
import samples from './samples.json' with { type: 'json' };

/** While a number is being typed, its beginnings are not houses. */
const TYPING_MS = 200;

export interface HouseOptions {
  section: HTMLElement;
  hooks: Hooks;
  /** The input has changed; ask when it has rested for so long. */
  changed(settleMs: number): void;
  failed(error: unknown): void;
}

export interface House extends Subject {
  /** What stands in the form, for the panel that says it stays here. */
  words(): string;
}

export function createHouse({ section, hooks, changed, failed }: HouseOptions): House {
  const form = createForm(part(section, 'fields'));
  const price = part(section, 'answer');
  const outcome = createOutcome(section, hooks, failed);
  const buttons = part(section, 'house-samples');

  part(section, 'house-form').addEventListener('submit', (event) => {
    event.preventDefault();
    changed(0);
  });
  part(section, 'house-form').addEventListener('input', () => {
    outcome.suggest(null);
    changed(TYPING_MS);
  });
  buttons.append(
    ...samples.map(({ name, remark, price: sold, inputs }) => {
      const button = element(
        'button',
        { type: 'button' },
        element('span', {}, name),
        element('span', { class: 'remark' }, remark),
      );
      button.addEventListener('click', () => {
        form.fill(inputs);
        outcome.suggest(sold);
        changed(0);
      });
      return button;
    }),
  );

  return {
    read: () => form.read(),
    follow: ({ spec }) => form.lay(fieldsOf(spec)),
    show(prediction: Prediction | null) {
      const { output } = prediction ?? {};
      write(price, typeof output === 'number' && Number.isFinite(output) ? dollars(output) : '–');
      outcome.about(prediction);
    },
    words: () => form.words(),
  };
}
