/**
 * Tries published models, one after the other, each in a process of its own that ends with it: a model
 * that is broken or means harm costs its publisher an error message and the collector nothing. A thread
 * alone would not do: where its heap is full in the middle of `JSON.parse`, V8 ends the whole process.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { messageOf, SiskinError } from '@siskin/protocol';
import type { TrialAnswer, TrialOrder, TrialRequest, TrialResult } from './contract.ts';
import { crashed, tooLarge, tooSlow } from './refusals.ts';

export interface TrialLimits {
  /** From the start of its process on. */
  ms: number;
  /** Bytes, besides those for the model's files: of all memory that a trial takes. */
  memory: number;
  /** How many may wait for their turn. */
  waiting: number;
}

/** A runtime holds a model's bytes as they were read, as parsed weights, and packed for its kernels. */
const COPIES = 3;
/** How much of what a crash says is kept. */
const LAST_WORDS = 16_384;

export class Trials {
  readonly #limits: TrialLimits;
  #last: Promise<unknown> = Promise.resolve();
  #pending = 0;
  #closed = false;
  #stop: (() => void) | undefined;

  constructor(limits: TrialLimits) {
    this.#limits = limits;
  }

  /**
   * @param bytes of the model's files.
   * @throws SiskinError what the model lacks, as `tryModel` says; `runtime_failed` if it takes too
   *   long, too much memory, or crashes; `overloaded` if too many are waiting.
   */
  run(request: TrialRequest, bytes: number): Promise<TrialResult> {
    if (this.#pending > this.#limits.waiting) {
      const busy = 'other models are being tried: publish this one again in a minute';
      return Promise.reject(new SiskinError('overloaded', busy, { retryable: true }));
    }
    this.#pending++;
    const memory = this.#limits.memory + COPIES * bytes;
    const trial = this.#last.then(() => this.#try({ request, memory }));
    this.#last = trial.then(
      () => this.#pending--,
      () => this.#pending--,
    );
    return trial;
  }

  /** Ends the trial under way and refuses those that wait. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stop?.();
    await this.#last;
  }

  async #try(order: TrialOrder): Promise<TrialResult> {
    if (this.#closed) throw stopping();
    const { spec } = order.request;
    const child = start();
    const ended = once(child, 'close').catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<TrialResult>((resolve, reject) => {
        this.#stop = () => reject(stopping());
        timer = setTimeout(() => reject(tooSlow(spec, this.#limits.ms)), this.#limits.ms);
        const lastWords = lastWordsOf(child);
        child.on('message', (answer: TrialAnswer) => {
          if (answer.ok) resolve(answer.result);
          else reject(SiskinError.fromData(answer.error));
        });
        child.on('error', (error) => reject(crashed(spec, error, messageOf(error))));
        child.on('close', (code, signal) =>
          reject(
            /out of memory|invalid table size/i.test(lastWords())
              ? tooLarge(spec, order.memory)
              : crashed(spec, undefined, `it ended with ${signal ?? `code ${code}`}`),
          ),
        );
        child.send(order);
      });
    } finally {
      clearTimeout(timer);
      this.#stop = undefined;
      child.kill('SIGKILL');
      await ended;
    }
  }
}

function start(): ChildProcess {
  const entry = fileURLToPath(new URL('./process.ts', import.meta.url));
  return fork(entry, {
    // Typed arrays and the like stay what they are.
    serialization: 'advanced',
    execArgv: process.execArgv.filter((flag) => !flag.startsWith('--inspect')),
    // Secrets are none of its business.
    env: Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('SISKIN_')),
    ),
    // What runtimes print is not the collector's to say.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

/** The end of what the process said on standard error. */
function lastWordsOf(child: ChildProcess): () => string {
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-LAST_WORDS);
  });
  return () => said;
}

function stopping(): SiskinError {
  return new SiskinError('overloaded', 'the collector is stopping: publish again once it is back', {
    retryable: true,
  });
}
