/** What a rollout adds to the predictions of its arms: units that are counted, and a way out. */
import { SiskinError } from '@siskin/protocol';
import type { Input } from './api.ts';
import { reusable } from './reusable.ts';
import type { Guard } from './rollout/guard.ts';
import type { Answered, Ask, Live, Trial } from './serving/live.ts';
import type { UnitCounts } from './unit-counts.ts';

/** The champion, while something is compared with it. */
export function observed(counts: UnitCounts, step: string): Trial {
  return {
    async run(live, input, ask) {
      try {
        const answered = await ask(live, input);
        counts.answered(live, step, answered.data, answered.empty);
        return answered;
      } catch (error) {
        counts.failed(live, step);
        throw error;
      }
    },
  };
}

export interface ChallengerOptions {
  counts: UnitCounts;
  step: string | undefined;
  guard: Guard;
  /** What answers in its place. */
  champion(): Promise<Live>;
  /** Whether the champion takes other inputs, so that one refused here may be taken there. */
  takesOthers: boolean;
  /** It failed often enough. */
  drop(live: Live, error: unknown): Promise<void>;
}

/** A version that is tried: where it fails, the champion answers, and nobody is hurt. */
export class Challenger implements Trial {
  readonly #options: ChallengerOptions;
  #dropped = false;

  constructor(options: ChallengerOptions) {
    this.#options = options;
  }

  async run<T extends Answered>(live: Live, input: Input, ask: Ask<T>): Promise<T> {
    const { counts, step, guard, drop } = this.#options;
    const kept = reusable(live.version.spec, input);
    if (this.#dropped) return this.#instead(kept, ask, undefined);
    try {
      const answered = await guard.run(
        () => ask(live, kept),
        (error) => this.#isFault(error),
      );
      if (step !== undefined) counts.answered(live, step, answered.data, answered.empty);
      return answered;
    } catch (error) {
      if (step !== undefined) counts.failed(live, step);
      if (!this.#isFault(error)) throw error;
      if (guard.tripped) {
        this.#dropped = true;
        if (guard.hanging !== undefined) freeLater(live, guard.hanging);
        await drop(live, error);
      }
      return this.#instead(kept, ask, error);
    }
  }

  #isFault(error: unknown): boolean {
    const { takesOthers } = this.#options;
    return takesOthers || !(error instanceof SiskinError && error.code === 'input_invalid');
  }

  async #instead<T extends Answered>(input: Input, ask: Ask<T>, why: unknown): Promise<T> {
    const since = performance.now();
    const champion = await this.#options.champion().catch((error: unknown) => {
      throw why ?? error;
    });
    return ask(champion, input, since);
  }
}

/** Nothing that runs may be freed, and what hangs is not waited for. */
export function freeLater(live: Live, hanging: Promise<unknown>): void {
  const { dispose } = live;
  live.dispose = async () => {
    void hanging.then(dispose).catch(() => undefined);
  };
}
