/** Who answered, how sure, and how fast. */
import type { ModelInfo, Prediction } from '@siskin/sdk';
import { part, write } from '../dom.ts';
import { backendName, DECISIONS, fallbackReason, milliseconds, percent } from '../format.ts';

export interface Facts {
  /** What is known before any answer. */
  follow(info: ModelInfo): void;
  show(prediction: Prediction | null): void;
}

export function createFacts(root: HTMLElement): Facts {
  const fact = (name: string) => {
    const value = part(root, name);
    const note = value.parentElement?.querySelector<HTMLElement>('.note');
    return (text: string, remark = '') => {
      write(value, text);
      if (note) write(note, remark);
    };
  };
  const confidence = fact('confidence');
  const decision = fact('decision');
  const version = fact('version');
  const arm = fact('arm');
  const backend = fact('backend');
  const latency = fact('latency');

  let reason = '';

  return {
    follow(info) {
      reason = fallbackReason(info);
      version(info.version, info.model);
      arm(info.arm);
      backend(backendName(info.backend), reason);
    },
    show(prediction) {
      if (prediction === null) {
        confidence('–');
        decision('–');
        latency('–');
        return;
      }
      const { timings } = prediction;
      if (prediction.confidence === null) confidence('none', 'a price has none');
      else confidence(percent(prediction.confidence));
      decision(prediction.decision, DECISIONS[prediction.decision]);
      version(prediction.version, prediction.model);
      arm(prediction.arm);
      backend(backendName(prediction.backend), reason);
      latency(milliseconds(timings.total), `model ${milliseconds(timings.run)}`);
    },
  };
}
