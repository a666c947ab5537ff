/** One model on the page: it is loaded, asked, shown and judged; updates are followed at once. */
import type { Model, ModelInfo, Prediction, Progress, Siskin } from '@siskin/sdk';
import { part, stamp, write } from '../dom.ts';
import type { Hooks, Subject } from '../subject.ts';
import { createAsker } from './asker.ts';
import { createFacts } from './facts.ts';
import { createFeedback } from './feedback.ts';
import { createLoading } from './loading.ts';
import { createProblem } from './problem.ts';

/** Longer than any of our models takes on a slow phone; then something is wrong. */
const DEADLINE_MS = 20_000;

export interface CardOptions {
  section: HTMLElement;
  siskin: Siskin;
  model: string;
  subject: Subject;
  hooks: Hooks;
}

export interface Card {
  /** The input has changed; the model is asked when it has rested for so long. */
  changed(settleMs?: number): void;
  /** What stands on the card, for the rest of the page. */
  readonly answer: Prediction | null;
}

/** Puts the parts that all cards share in their places; the page's scripts may then look for them. */
export function dress(section: HTMLElement): void {
  stamp('status-template', part(section, 'status-slot'));
  stamp('answer-template', part(section, 'answer-slot'));
}

export function createCard({ section, siskin, model: name, subject, hooks }: CardOptions): Card {
  const loading = createLoading(section);
  const problem = createProblem(section);
  const facts = createFacts(section);
  const update = part(section, 'update');
  let model: Model | undefined;
  let answer: Prediction | null = null;
  let manual = false;
  let answers = 0;
  let givenUp = 0;

  const show = (prediction: Prediction | null) => {
    answer = prediction;
    if (prediction !== null) section.dataset.answers = String(++answers);
    // What a person decides alone is not to be influenced by what the model thinks.
    const shown = prediction?.decision === 'human' ? null : prediction;
    section.dataset.decision = prediction?.decision ?? 'none';
    subject.show(shown);
    facts.show(prediction);
    feedback.about(prediction);
    problem.hide();
    hooks.counted();
  };
  const complain = (error: unknown, retry?: () => void) => {
    const words = problem.show(error, retry);
    hooks.log('error', `${name}: ${words.title} (${words.code})`);
    hooks.counted();
  };
  const asker = createAsker<Prediction>({
    async ask(signal) {
      const input = subject.read();
      if (model === undefined || input === null || manual) return null;
      const giveUp = () => {
        section.dataset.givenUp = String(++givenUp);
      };
      signal.addEventListener('abort', giveUp);
      try {
        return await model.predict(input, { signal, deadline: DEADLINE_MS });
      } finally {
        signal.removeEventListener('abort', giveUp);
      }
    },
    show,
    fail: (error) => complain(error, () => asker.ask()),
  });
  const feedback = createFeedback({
    root: section,
    redo: () => asker.ask(),
    manual(on) {
      manual = on;
      section.toggleAttribute('data-manual', on);
      if (on) show(null);
      else asker.ask();
    },
    given(signal, label) {
      hooks.log('you', `${name}: ${signal}${label === undefined ? '' : `, it is ${label}`}`);
      hooks.counted();
    },
    failed: (error) => complain(error),
  });

  const follow = (info: ModelInfo) => {
    section.dataset.state = 'ready';
    subject.follow(info);
    facts.follow(info);
    feedback.follow(info);
  };
  const onProgress = (progress: Progress) => {
    // Progress comes by a way of its own and may arrive after the model itself.
    if (section.dataset.state === 'loading') loading.show(progress);
  };
  const load = async () => {
    section.dataset.state = 'loading';
    loading.show({ phase: 'manifest' });
    try {
      model = await siskin.model(name, { onProgress });
      const { info } = model;
      follow(info);
      loading.hide();
      hooks.log('model', `${name} ${info.version} (${info.arm}) is ready on ${info.backend}`);
      asker.ask();
    } catch (error) {
      section.dataset.state = 'failed';
      loading.hide();
      complain(error, () => void load());
    }
  };
  siskin.on('swap', ({ model: swapped, from, to, info }) => {
    if (swapped !== name) return;
    follow(info);
    update.hidden = false;
    write(update, `Now answered by ${to} (${info.arm}), no longer ${from}. Nothing was reloaded.`);
    hooks.log('update', `${name}: ${from} → ${to} (${info.arm})`);
    asker.ask();
  });
  show(null);
  void load();

  return {
    changed: (settleMs) => asker.ask(settleMs),
    get answer() {
      return answer;
    },
  };
}
