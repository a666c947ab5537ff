/** When a version has failed often enough on this device: the policy of the circuit breaker. */
import { SiskinError } from '@siskin/protocol';

/** Errors in a row. */
export const MAX_ERRORS = 3;
/** Visits that ended in the middle of a first use, see {@link Marker}. */
export const MAX_CRASHES = 3;
/** A run may take so long, ms, and {@link WARMUPS} times what its first runs took. */
const RUN_MS = 10_000;
const WARMUPS = 10;

/** What surrounds the first run of a visit. */
export interface FirstUse {
  before(): Promise<void>;
  after(): Promise<void>;
}

export class Guard {
  readonly #deadlineMs: number;
  #first: FirstUse | undefined;
  #errors = 0;
  /** What hangs, until it ends after all. */
  hanging: Promise<unknown> | undefined;

  constructor(warmupMs: number, first: FirstUse) {
    this.#deadlineMs = RUN_MS + WARMUPS * warmupMs;
    this.#first = first;
  }

  get tripped(): boolean {
    return this.hanging !== undefined || this.#errors >= MAX_ERRORS;
  }

  /**
   * @param isFault whether an error is the version's fault.
   * @throws what `work` throws; SiskinError `prediction_failed` if it takes longer than it may.
   */
  async run<T>(work: () => Promise<T>, isFault: (error: unknown) => boolean): Promise<T> {
    const first = this.#first;
    this.#first = undefined;
    await first?.before();
    const { promise: late, reject } = Promise.withResolvers<never>();
    const working = work();
    const timer = setTimeout(() => {
      this.hanging = working.catch(() => undefined);
      reject(
        new SiskinError('prediction_failed', `the model gave no answer in ${this.#deadlineMs} ms`),
      );
    }, this.#deadlineMs);
    try {
      const result = await Promise.race([working, late]);
      this.#errors = 0;
      return result;
    } catch (error) {
      if (isFault(error)) this.#errors++;
      throw error;
    } finally {
      clearTimeout(timer);
      await first?.after();
    }
  }
}
