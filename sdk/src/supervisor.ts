/**
 * Stands between the page and its worker. comlink alone never settles what was pending when a worker
 * dies; here every call ends: with an answer, a typed error, an abort or a deadline.
 */
import { messageOf, SiskinError } from '@siskin/protocol';
import type { EngineApi, Reply } from '@siskin/worker';
import { type Remote, wrap } from 'comlink';

export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** Milliseconds from now after which the call is given up. */
  deadline?: number | undefined;
}

interface Incarnation {
  engine: Remote<EngineApi>;
  /** Settles when the engine has started. */
  ready: Promise<void>;
  /** How each pending call is given up. A set, not a promise: that would keep every call it ever met. */
  pending: Set<(error: SiskinError) => void>;
  /** Ends the worker; what is pending rejects with `error`. */
  end(error: SiskinError): void;
}

/** What has not been sent by then is sent at the next visit. */
const CLOSE_TIMEOUT_MS = 5000;

export class Supervisor {
  readonly #spawn: () => Worker;
  readonly #start: (engine: Remote<EngineApi>) => Promise<void>;
  #current: Incarnation | undefined;
  #closing: Promise<void> | undefined;
  #calls = 0;

  /** @param start brings a fresh engine to where the last one was. */
  constructor(spawn: () => Worker, start: (engine: Remote<EngineApi>) => Promise<void>) {
    this.#spawn = spawn;
    this.#start = start;
  }

  /** Whether there is a worker; the first call brings one. */
  get running(): boolean {
    return this.#current !== undefined;
  }

  /** @throws SiskinError from the engine, or `aborted`, `deadline_exceeded`, `worker_failed`, `closed`. */
  async call<T>(
    work: (engine: Remote<EngineApi>, id: string) => Promise<Reply<T>>,
    { signal, deadline }: CallOptions = {},
  ): Promise<T> {
    if (this.#closing !== undefined) throw closed();
    if (signal?.aborted) throw aborted(signal);
    const { engine, ready, pending } = this.#incarnation();
    const id = String(++this.#calls);
    const { promise, resolve, reject } = Promise.withResolvers<Reply<T>>();
    const cut = (error: SiskinError) => {
      void engine.cancel(id);
      reject(error);
    };
    const onAbort = () => cut(aborted(signal!));
    const timer =
      deadline === undefined ? undefined : setTimeout(() => cut(late(deadline)), deadline);
    signal?.addEventListener('abort', onAbort);
    pending.add(reject);
    ready
      .then(async () => {
        // Given up while the worker was starting: it is not even asked.
        if (pending.has(reject)) resolve(await work(engine, id));
      })
      .catch((error: unknown) => reject(typed(error)));
    try {
      const reply = await promise;
      if (!reply.ok) throw SiskinError.fromData(reply.error);
      return reply.value;
    } finally {
      pending.delete(reject);
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Tells the engine a last thing and ends the worker; what is still pending rejects as `closed`. */
  close(last: (engine: Remote<EngineApi>) => Promise<unknown>): Promise<void> {
    this.#closing ??= this.#close(last);
    return this.#closing;
  }

  async #close(last: (engine: Remote<EngineApi>) => Promise<unknown>): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    const { ready, engine, pending, end } = current;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    pending.add(resolve);
    ready.then(() => last(engine)).then(resolve, resolve);
    await promise;
    clearTimeout(timer);
    end(closed());
  }

  #incarnation(): Incarnation {
    if (this.#current !== undefined) return this.#current;
    const worker = this.#spawn();
    const pending: Incarnation['pending'] = new Set();
    const end = (error: SiskinError) => {
      if (this.#current === incarnation) this.#current = undefined;
      worker.terminate();
      for (const give of pending) give(error);
    };
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      const why =
        event.message ||
        'its script could not be loaded; check its URL and the Content-Security-Policy';
      end(failed(`the worker failed: ${why}`));
    });
    worker.addEventListener('messageerror', () =>
      end(failed('a message between page and worker could not be read')),
    );
    const engine = wrap<EngineApi>(worker);
    const ready = this.#start(engine);
    // A start that failed may be tried again with the next call.
    ready.catch((error: unknown) =>
      end(SiskinError.from(error, 'worker_failed', messageOf(error), true)),
    );
    const incarnation: Incarnation = { engine, ready, pending, end };
    this.#current = incarnation;
    return incarnation;
  }
}

function failed(why: string): SiskinError {
  return new SiskinError('worker_failed', why, { retryable: true });
}

function closed(): SiskinError {
  return new SiskinError('closed', 'this client is closed: create a new one');
}

function aborted(signal: AbortSignal): SiskinError {
  return new SiskinError('aborted', 'the call was aborted', { cause: signal.reason });
}

function late(deadline: number): SiskinError {
  return new SiskinError('deadline_exceeded', `no answer within ${deadline} ms`, {
    retryable: true,
  });
}

/** What the browser throws when a message cannot be sent, and whatever else is not ours. */
function typed(error: unknown): SiskinError {
  const unclonable = error instanceof DOMException && error.name === 'DataCloneError';
  return unclonable
    ? new SiskinError(
        'input_invalid',
        'the input holds something that cannot be sent to a worker, such as a function, or a buffer that was given away before',
        { cause: error },
      )
    : SiskinError.from(error, 'internal', messageOf(error));
}
