/** A model that is loaded: ask it, and time what leads up to asking. */
import type { EngineApi, Input, ModelInfo, Reply } from '@siskin/worker';
import type { Remote } from 'comlink';
import { type PageInput, toInput } from './input.ts';
import { createPrediction, type Prediction, type ShadowPrediction } from './prediction.ts';
import type { CallOptions, Supervisor } from './supervisor.ts';

export interface PredictOptions extends CallOptions {
  /** Move the input's tensor buffers to the worker instead of copying them. Default: false. */
  transfer?: boolean;
}

export class Model {
  readonly #supervisor: Supervisor;
  #info: ModelInfo;

  constructor(info: ModelInfo, supervisor: Supervisor) {
    this.#info = info;
    this.#supervisor = supervisor;
  }

  /** What answers now; it changes when the model is updated or rolled back. */
  get info(): ModelInfo {
    return this.#info;
  }

  /** For the client that made this model. */
  follow(info: ModelInfo): void {
    this.#info = info;
  }

  /**
   * @param input values by input name, or the bare value if the model has one input. Images are
   *   taken as they are now; arrays must not be changed before the answer is there.
   * @throws SiskinError `input_invalid`, `prediction_failed`, `aborted`, `deadline_exceeded`,
   *   `queue_full`, `worker_failed`.
   */
  async predict(input: PageInput, options: PredictOptions = {}): Promise<Prediction> {
    const data = await this.#ask(input, options, (engine, call, taken) =>
      engine.predict(call, this.#info.model, taken),
    );
    return createPrediction(data, this.#supervisor);
  }

  /**
   * Predicts once nobody waits, and shows nothing: what the person decides without help, told by
   * `outcome`, is compared with what the model would have said.
   * @param input as {@link predict} takes it; it is taken as it is now.
   * @throws SiskinError as {@link predict} does.
   */
  async shadow(input: PageInput, options: PredictOptions = {}): Promise<ShadowPrediction> {
    const { id } = await this.#ask(input, options, (engine, call, taken) =>
      engine.shadow(call, this.#info.model, taken),
    );
    return {
      id,
      outcome: (label) => this.#supervisor.call((engine) => engine.outcome(id, label)),
    };
  }

  /** Runs and times a preprocessing step that the model's spec names in `stages`. */
  async stage<T>(name: string, step: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    let failed = true;
    try {
      const result = await step();
      failed = false;
      return result;
    } finally {
      const ms = performance.now() - start;
      // Counting never stands in the way of the step's own outcome.
      this.#supervisor
        .call((engine) => engine.stage(this.#info.model, name, ms, failed))
        .catch(() => undefined);
    }
  }

  #ask<T>(
    input: PageInput,
    options: PredictOptions,
    ask: (engine: Remote<EngineApi>, call: string, taken: Input) => Promise<Reply<T>>,
  ): Promise<T> {
    const taken = toInput(input, options.transfer ?? false);
    // The call may be given up before it comes to ask for its input.
    taken.catch(() => undefined);
    return this.#supervisor.call(async (engine, id) => ask(engine, id, await taken), options);
  }
}
