/**
 * One load that several callers wait for. Each may give up for itself; the work is stopped once all
 * of them have. Progress is told to all.
 */
export class SharedLoad<T, P> {
  readonly #stop = new AbortController();
  readonly #waiting = new Set<{ onProgress(progress: P): void }>();
  /** Settles when the work does, whoever still waits for it. */
  readonly result: Promise<T>;

  constructor(work: (onProgress: (progress: P) => void, signal: AbortSignal) => Promise<T>) {
    this.result = work((progress) => {
      for (const caller of this.#waiting) caller.onProgress(progress);
    }, this.#stop.signal);
    this.result.catch(() => undefined);
  }

  /** All who waited have given up: whoever comes now needs a load of their own. */
  get stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** @throws what the work throws, or the signal's reason once it is aborted. */
  async wait(onProgress: (progress: P) => void, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const caller = { onProgress };
    this.#waiting.add(caller);
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([this.result, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#waiting.delete(caller);
      if (signal.aborted && this.#waiting.size === 0) this.#stop.abort(signal.reason);
    }
  }
}
