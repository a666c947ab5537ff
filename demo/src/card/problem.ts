/** An error, in words, with its code and a way on. */
import { part, write } from '../dom.ts';
import { type Words, wordsFor } from '../errors.ts';

export interface Problem {
  /** @param retry what “Try again” does; without it the button is not offered. */
  show(error: unknown, retry?: () => void): Words;
  hide(): void;
}

export function createProblem(root: HTMLElement): Problem {
  const box = part(root, 'problem');
  const again = part<HTMLButtonElement>(root, 'try-again');
  let onAgain: (() => void) | undefined;
  again.addEventListener('click', () => {
    box.hidden = true;
    onAgain?.();
  });
  return {
    show(error, retry) {
      const words = wordsFor(error);
      write(part(box, 'problem-title'), words.title);
      write(part(box, 'problem-advice'), words.advice);
      write(part(box, 'problem-code'), words.code);
      write(part(box, 'problem-detail'), words.detail);
      onAgain = retry;
      again.hidden = retry === undefined;
      box.hidden = false;
      return words;
    },
    hide() {
      box.hidden = true;
    },
  };
}
