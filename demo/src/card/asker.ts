/** Asks once the hand rests, and shows the latest answer only. */

export interface AskerOptions<T> {
  /** Resolves to null if there is nothing to ask. */
  ask(signal: AbortSignal): Promise<T | null>;
  show(answer: T | null): void;
  fail(error: unknown): void;
}

export interface Asker {
  /** @param settleMs how long nothing else may be asked before this is. */
  ask(settleMs?: number): void;
  /** Gives up what is under way. */
  stop(): void;
}

export function createAsker<T>({ ask, show, fail }: AskerOptions<T>): Asker {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let current: AbortController | undefined;

  const run = async () => {
    const controller = new AbortController();
    current = controller;
    try {
      const answer = await ask(controller.signal);
      if (!controller.signal.aborted) show(answer);
    } catch (error) {
      if (!controller.signal.aborted) fail(error);
    }
  };
  const stop = () => {
    clearTimeout(timer);
    current?.abort();
  };
  return {
    ask(settleMs = 0) {
      stop();
      timer = setTimeout(() => void run(), settleMs);
    },
    stop,
  };
}
