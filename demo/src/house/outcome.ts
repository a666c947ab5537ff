/** What the house really sold for, told when it becomes known. */
import type { Prediction } from '@siskin/sdk';
import { part, write } from '../dom.ts';
import { dollars, percent } from '../format.ts';
import type { Hooks } from '../subject.ts';

export interface Outcome {
  about(prediction: Prediction | null): void;
  /** The price of a house whose sale is known; null: it is not. */
  suggest(price: number | null): void;
}

export function createOutcome(
  section: HTMLElement,
  hooks: Hooks,
  failed: (error: unknown) => void,
): Outcome {
  const form = part<HTMLFormElement>(section, 'outcome-form');
  const box = part<HTMLInputElement>(section, 'actual-price');
  const note = part(section, 'outcome-note');
  let current: Prediction | null = null;

  const report = async () => {
    const actual = box.valueAsNumber;
    if (current === null || !(actual > 0) || typeof current.output !== 'number') {
      write(note, current === null ? 'There is no estimate yet.' : 'Enter a price above 0.');
      return;
    }
    const off = Math.abs(current.output - actual) / actual;
    await current.outcome(actual);
    const side = current.output < actual ? 'below' : 'above';
    write(
      note,
      `${percent(off)} ${side} the ${dollars(actual)} paid. The difference is counted; the price stays here.`,
    );
    hooks.log('you', 'house: actual price told');
    hooks.counted();
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    report().catch(failed);
  });
  return {
    about(prediction) {
      if (prediction !== null) write(note, '');
      current = prediction;
    },
    suggest(price) {
      box.value = price === null ? '' : String(price);
    },
  };
}
