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
  worker: Worker;
  engine: Remote<EngineApi>;
  /** Settles when the engine has started. */
  ready: Promise<void>;
  /** Rejects when the worker dies. */
  died: Promise<never>;
}

export class Supervisor {
  readonly #spawn: () => Worker;
  readonly #start: (engine: Remote<EngineApi>) => Promise<void>;
  #current: Incarnation | undefined;
  #closed = false;

  /** @param start brings a fresh engine to where the last one was. */
  constructor(spawn: () => Worker, start: (engine: Remote<EngineApi>) => Promise<void>) {
    this.#spawn = spawn;
    this.#start = start;
  }

  /** @throws SiskinError from the engine, or `aborted`, `deadline_exceeded`, `worker_failed`, `closed`. */
  async call<T>(
    work: (engine: Remote<EngineApi>, id: string) => Promise<Reply<T>>,
    { signal, deadline }: CallOptions = {},
  ): Promise<T> {
    if (this.#closed) throw new SiskinError('closed', 'this client is closed: create a new one');
    if (signal?.aborted) throw aborted(signal);
    const { engine, ready, died } = this.#incarnation();
    const id = crypto.randomUUID();
    const done = new AbortController();
    const cut = new Promise<never>((_, reject) => {
      const give = (error: SiskinError) => {
        void engine.cancel(id);
        reject(error);
      };
      signal?.addEventListener('abort', () => give(aborted(signal)), { signal: done.signal });
      if (deadline !== undefined) {
        const timer = setTimeout(() => {
          give(
            new SiskinError('deadline_exceeded', `no answer within ${deadline} ms`, {
              retryable: true,
            }),
          );
        }, deadline);
        done.signal.addEventListener('abort', () => clearTimeout(timer));
      }
    });
    try {
      const reply = await Promise.race([ready.then(() => work(engine, id)), died, cut]);
      if (!reply.ok) throw SiskinError.fromData(reply.error);
      return reply.value;
    } finally {
      done.abort();
    }
  }

  /** Asks the engine something without waiting for its start, e.g. to close. Ends the worker after. */
  async close(last: (engine: Remote<EngineApi>) => Promise<unknown>): Promise<void> {
    this.#closed = true;
    const current = this.#current;
    if (current === undefined) return;
    await Promise.race([current.ready.then(() => last(current.engine)), current.died]).catch(
      () => undefined,
    );
    current.worker.terminate();
  }

  #incarnation(): Incarnation {
    if (this.#current !== undefined) return this.#current;
    const worker = this.#spawn();
    const { promise: died, reject } = Promise.withResolvers<never>();
    died.catch(() => undefined);
    const engine = wrap<EngineApi>(worker);
    const ready = this.#start(engine);
    const incarnation = { worker, engine, ready, died };
    const lose = (error: SiskinError) => {
      if (this.#current === incarnation) this.#current = undefined;
      worker.terminate();
      reject(error);
    };
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      const why =
        event.message ||
        'its script could not be loaded; check its URL and the Content-Security-Policy';
      lose(failed(`the worker failed: ${why}`));
    });
    worker.addEventListener('messageerror', () =>
      lose(failed('a message between page and worker could not be read')),
    );
    // A start that failed may be tried again with the next call.
    ready.catch((error: unknown) =>
      lose(SiskinError.from(error, 'worker_failed', messageOf(error), true)),
    );
    this.#current = incarnation;
    return incarnation;
  }
}

function failed(why: string): SiskinError {
  return new SiskinError('worker_failed', why, { retryable: true });
}

function aborted(signal: AbortSignal): SiskinError {
  return new SiskinError('aborted', 'the call was aborted', { cause: signal.reason });
}
