/**
 * One model as it is served: the version that answers, and the queue before it. Predictions of a
 * model run one at a time; a swap takes place between two of them; a failure is its caller's alone.
 */
import { SiskinError } from '@siskin/protocol';

const MAX_DEPTH = 256;

export interface Disposable {
  dispose(): Promise<void>;
}

export class Slot<T extends Disposable> {
  #current: T;
  #tail: Promise<unknown> = Promise.resolve();
  #depth = 0;

  constructor(first: T) {
    this.#current = first;
  }

  get current(): T {
    return this.#current;
  }

  /**
   * Runs `work` with the version that answers when its turn comes.
   * @throws SiskinError `queue_full`, or what `work` throws.
   */
  run<R>(work: (current: T) => Promise<R>): Promise<R> {
    if (this.#depth >= MAX_DEPTH) {
      return Promise.reject(
        new SiskinError(
          'queue_full',
          `${MAX_DEPTH} predictions already wait: await some before asking for more`,
          { retryable: true },
        ),
      );
    }
    this.#depth++;
    const turn = this.#tail.then(() => work(this.#current));
    this.#tail = turn.then(this.#leave, this.#leave);
    return turn;
  }

  /** Resolves once nobody waits any more, and nobody came within a turn of the event loop. */
  async idle(): Promise<void> {
    do {
      await this.#tail;
      await new Promise((resolve) => setTimeout(resolve));
    } while (this.#depth > 0);
  }

  /**
   * From the next prediction on `next` answers; the old version is freed once it is idle.
   * @param spared somebody else has use for the old one, and frees it.
   */
  swap(next: T, spared = false): void {
    const old = this.#current;
    this.#current = next;
    if (old !== next && !spared)
      this.#tail = this.#tail.then(() => old.dispose()).catch(() => undefined);
  }

  /** Waits for what runs, then frees the version. */
  async close(): Promise<void> {
    await this.#tail;
    await this.#current.dispose().catch(() => undefined);
  }

  readonly #leave = (): void => {
    this.#depth--;
  };
}
