/** An answer, and the way back: what people say about it, and what turned out to be true. */
import type { Signal } from '@siskin/protocol';
import type { PredictionData } from '@siskin/worker';
import type { Supervisor } from './supervisor.ts';

export interface Prediction extends PredictionData {
  /**
   * What the person did with the answer.
   * @param about `label`: what they chose instead; it is taken for the truth.
   */
  feedback(kind: Signal, about?: { label?: string }): Promise<void>;
  /** The true label or value, whenever it becomes known. Joined on the device; only counts leave it. */
  outcome(label: string | number): Promise<void>;
}

/** An answer that nobody sees. */
export interface ShadowPrediction {
  id: string;
  /** What the person decided. Counts leave the device of how often the model would have agreed. */
  outcome(label: string | number): Promise<void>;
}

export function createPrediction(data: PredictionData, supervisor: Supervisor): Prediction {
  return {
    ...data,
    feedback: (kind, about) =>
      supervisor.call((engine) => engine.feedback(data.id, kind, about?.label)),
    outcome: (label) => supervisor.call((engine) => engine.outcome(data.id, label)),
  };
}
