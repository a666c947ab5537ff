/** A model that is loaded: ask it, and time what leads up to asking. */
import type { ModelInfo } from '@siskin/worker';
import { type PageInput, toInput } from './input.ts';
import { createPrediction, type Prediction } from './prediction.ts';
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
    const { model } = this.#info;
    const taken = toInput(input, options.transfer ?? false);
    // The call may be given up before it comes to ask for its input.
    taken.catch(() => undefined);
    const data = await this.#supervisor.call(
      async (engine, id) => engine.predict(id, model, await taken),
      options,
    );
    return createPrediction(data, this.#supervisor);
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
}
