/**
 * Tries published models, one after the other, each in a thread of its own that ends with it: a model
 * that is broken or means harm costs its publisher an error message and the collector nothing.
 */
import { Worker } from 'node:worker_threads';
import { messageOf, SiskinError } from '@siskin/protocol';
import type { ThreadAnswer, ThreadData, TrialRequest, TrialResult } from './contract.ts';
import { crashed, tooLarge, tooSlow } from './refusals.ts';

export interface TrialLimits {
  /** From the start of its thread on. */
  ms: number;
  /**
   * Bytes, besides those for the model's files: of WebAssembly memory, of JavaScript's heap, and of
   * what the whole process may grow by meanwhile, which is how buffers are found that neither counts.
   */
  memory: number;
  /** How many may wait for their turn. */
  waiting: number;
}

/** A runtime holds a model's bytes as they were read, as parsed weights, and packed for its kernels. */
const COPIES = 3;
/** How often the process's memory is looked at, ms. */
const LOOK_MS = 50;
const MIB = 2 ** 20;

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
    const trial = this.#last.then(() => this.#try(request, bytes));
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

  async #try(request: TrialRequest, bytes: number): Promise<TrialResult> {
    if (this.#closed) throw stopping();
    const { spec } = request;
    const memory = this.#limits.memory + COPIES * bytes;
    const thread = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: { request, memory } satisfies ThreadData,
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(memory / MIB) },
      // What runtimes print is not the collector's to say.
      stdout: true,
      stderr: true,
    });
    thread.stdout.resume();
    thread.stderr.resume();
    const before = process.memoryUsage.rss();
    let timer: NodeJS.Timeout | undefined;
    let look: NodeJS.Timeout | undefined;
    try {
      return await new Promise<TrialResult>((resolve, reject) => {
        this.#stop = () => reject(stopping());
        timer = setTimeout(() => reject(tooSlow(spec, this.#limits.ms)), this.#limits.ms);
        look = setInterval(() => {
          if (process.memoryUsage.rss() - before > memory) reject(tooLarge(spec, memory));
        }, LOOK_MS);
        thread.on('message', (answer: ThreadAnswer) => {
          if (answer.ok) resolve(answer.result);
          else reject(SiskinError.fromData(answer.error));
        });
        thread.on('error', (error: NodeJS.ErrnoException) =>
          reject(
            error.code === 'ERR_WORKER_OUT_OF_MEMORY'
              ? tooLarge(spec, memory)
              : crashed(spec, error, messageOf(error)),
          ),
        );
        thread.on('exit', (code) => reject(crashed(spec, undefined, `exit code ${code}`)));
      });
    } finally {
      clearTimeout(timer);
      clearInterval(look);
      this.#stop = undefined;
      await thread.terminate();
    }
  }
}

function stopping(): SiskinError {
  return new SiskinError('overloaded', 'the collector is stopping: publish again once it is back', {
    retryable: true,
  });
}
