/** What the person makes of an answer: accept, redo, override, or switch to manual. */
import type { ModelInfo, Prediction, Signal } from '@siskin/sdk';
import { element, part, write } from '../dom.ts';

export interface FeedbackOptions {
  root: HTMLElement;
  redo(): void;
  /** The person takes over, or hands back. */
  manual(on: boolean): void;
  given(signal: Signal, label: string | undefined): void;
  failed(error: unknown): void;
}

export interface Feedback {
  follow(info: ModelInfo): void;
  /** The answer that feedback is about from now on. */
  about(prediction: Prediction | null): void;
}

const THANKS: Record<Signal, string> = {
  accept: 'Accepted: one count.',
  redo: 'Asked again: one count.',
  override: 'Overridden: one count. ',
  switch: 'Over to you: one count. The model is silent until you press Manual again.',
};

export function createFeedback({ root, redo, manual, given, failed }: FeedbackOptions): Feedback {
  const note = part(root, 'feedback-note');
  const choices = part(root, 'corrections');
  const button = (name: string) => part<HTMLButtonElement>(root, name);
  const [accept, again, override, byHand] = [
    button('accept'),
    button('redo'),
    button('override'),
    button('switch'),
  ];
  let current: Prediction | null = null;
  let labels: readonly string[] = [];
  let isManual = false;

  // `aria-disabled`, not `disabled`: a button that has the focus must not swallow the keyboard.
  const enable = () => {
    for (const one of [accept, again, override])
      one.setAttribute('aria-disabled', String(current === null));
    byHand.setAttribute('aria-disabled', String(current === null && !isManual));
  };
  const open = (on: boolean) => {
    choices.hidden = !on;
    override.setAttribute('aria-expanded', String(on));
  };
  const give = async (signal: Signal, label?: string) => {
    const prediction = current;
    if (prediction === null) return;
    current = null;
    enable();
    open(false);
    try {
      await prediction.feedback(signal, label === undefined ? {} : { label });
      const detail = signal === 'override' ? afterOverride(label) : '';
      write(note, THANKS[signal] + detail);
      given(signal, label);
    } catch (error) {
      failed(error);
    }
  };
  const hand = (on: boolean) => {
    isManual = on;
    byHand.setAttribute('aria-pressed', String(on));
    manual(on);
    enable();
  };

  accept.addEventListener('click', () => void give('accept'));
  again.addEventListener('click', () => {
    if (current !== null) void give('redo').then(redo);
  });
  override.addEventListener('click', () => {
    if (current === null) return;
    if (labels.length > 0) {
      open(choices.hidden !== false);
      if (!choices.hidden) choices.querySelector('button')?.focus();
    } else void give('override');
  });
  byHand.addEventListener('click', () => {
    if (isManual) {
      write(note, '');
      hand(false);
    } else if (current !== null) void give('switch').then(() => hand(true));
  });
  choices.addEventListener('click', (event) => {
    const label = (event.target as HTMLElement).closest('button')?.value;
    if (label === undefined) return;
    void give(label === current?.label ? 'accept' : 'override', label);
    override.focus();
  });
  choices.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    open(false);
    override.focus();
  });

  return {
    follow({ spec }) {
      const [output] = spec.outputs;
      labels = output?.kind === 'classification' ? output.labels : [];
      if (labels.length === 0) override.removeAttribute('aria-expanded');
      choices.replaceChildren(
        element('legend', {}, 'It is a'),
        ...labels.map((label) => element('button', { type: 'button', value: label }, label)),
      );
    },
    about(prediction) {
      current = prediction;
      if (prediction !== null) write(note, '');
      open(false);
      enable();
    },
  };
}

function afterOverride(label: string | undefined): string {
  return label === undefined
    ? 'Once you know the real price, tell it below.'
    : `It was a ${label}; the pair is counted, the drawing is not.`;
}
