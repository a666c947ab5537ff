/** What differs between the cards: what they ask their model about, and how they show its answer. */
import type { ModelInfo, PageInput, Prediction } from '@siskin/sdk';

export interface Subject {
  /** What to ask the model now; null: there is nothing to ask about yet. */
  read(): PageInput | null;
  /** The version that answers is known now, or has changed. */
  follow(info: ModelInfo): void;
  /** null: there is no answer to show, or it is not to be shown. */
  show(prediction: Prediction | null): void;
}

/** What a card tells the rest of the page. */
export interface Hooks {
  /** Something was counted on this device. */
  counted(): void;
  log(kind: EventKind, text: string): void;
}

export type EventKind = 'model' | 'update' | 'sent' | 'you' | 'error';
