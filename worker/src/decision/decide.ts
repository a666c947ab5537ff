/** How far an answer is trusted: the degrees of automation. */
import type { Decision, ModelSpec } from '@siskin/protocol';
import type { Answer } from './answer.ts';

/**
 * | level     | decision                                                                    |
 * |-----------|-----------------------------------------------------------------------------|
 * | `human`   | `human`: the answer is not to be shown                                        |
 * | `shadow`  | `human`: computed and counted, not to be shown                                |
 * | `assist`  | `assist`: a suggestion that a person confirms                                 |
 * | `partial` | `automate` from the threshold on, below it (or without a confidence) `defer`  |
 * | `full`    | `automate`                                                                    |
 *
 * An answer that is empty always defers to the person.
 */
export function decide(automation: ModelSpec['automation'], answer: Answer): Decision {
  switch (automation.level) {
    case 'human':
    case 'shadow':
      return 'human';
    case 'assist':
      return answer.empty ? 'defer' : 'assist';
    case 'partial':
      return !answer.empty &&
        answer.confidence !== null &&
        answer.confidence >= automation.threshold
        ? 'automate'
        : 'defer';
    case 'full':
      return answer.empty ? 'defer' : 'automate';
  }
}
