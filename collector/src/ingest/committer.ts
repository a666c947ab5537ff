/**
 * Group commit: batches that arrive within a few milliseconds share one transaction, because the
 * fsync is what costs. Nobody is told "accepted" before it.
 */
import { type Batch, messageOf, SiskinError } from '@siskin/protocol';

export interface Received {
  app: string;
  batch: Batch;
  /** Epoch milliseconds. */
  receivedAt: number;
}

export interface CommitterOptions {
  /** Stores all or nothing, durably; says of each whether it is new. */
  append(received: readonly Received[]): Promise<boolean[]>;
  /** How long the first batch of a group waits for others, ms. */
  tickMs: number;
  /** A group this large does not wait. */
  maxGroup: number;
  /** Batches that may wait at once. */
  maxWaiting: number;
  onCommit?(batches: number, seconds: number): void;
}

interface Waiting {
  received: Received;
  resolve(isNew: boolean): void;
  reject(error: unknown): void;
}

export class Committer {
  readonly #options: CommitterOptions;
  #waiting: Waiting[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #committing: Promise<void> | undefined;

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  /**
   * Resolves once the batch is on disk, with whether it is new.
   * @throws SiskinError `overloaded`: nothing of it was counted, send it again.
   */
  submit(received: Received): Promise<boolean> {
    const { maxWaiting, maxGroup, tickMs } = this.#options;
    if (this.#waiting.length >= maxWaiting) {
      const error = 'too many batches are waiting: send this one again';
      return Promise.reject(new SiskinError('overloaded', error, { retryable: true }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ received, resolve, reject });
      if (this.#waiting.length >= maxGroup) this.#commitSoon();
      else this.#timer ??= setTimeout(() => this.#commitSoon(), tickMs);
    });
  }

  /** Commits what waits, and waits for it. */
  async drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#committing !== undefined) {
      this.#commitSoon();
      await this.#committing;
    }
  }

  #commitSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#committing ??= this.#commit().finally(() => {
      this.#committing = undefined;
      if (this.#waiting.length > 0) this.#commitSoon();
    });
  }

  async #commit(): Promise<void> {
    const group = this.#waiting;
    this.#waiting = [];
    const start = performance.now();
    try {
      const isNew = await this.#options.append(group.map((waiting) => waiting.received));
      this.#options.onCommit?.(group.length, (performance.now() - start) / 1000);
      for (const [i, waiting] of group.entries()) waiting.resolve(isNew[i]!);
    } catch (cause) {
      const error = new SiskinError(
        'overloaded',
        `the batch could not be stored: ${messageOf(cause)}`,
        { cause, retryable: true },
      );
      for (const waiting of group) waiting.reject(error);
    }
  }
}
