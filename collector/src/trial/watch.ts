/**
 * Runs a model in a thread and looks after the process's memory meanwhile: V8's limit on a thread's heap
 * knows neither WebAssembly nor buffers.
 */
import { Worker } from 'node:worker_threads';
import { messageOf } from '@siskin/protocol';
import type { TrialAnswer, TrialOrder } from './contract.ts';
import { crashed, tooLarge } from './refusals.ts';

const LOOK_MS = 50;
const MIB = 2 ** 20;

/** Takes one order from the parent process and sends it the answer. @param entry of the thread. */
export function watch(entry: URL): void {
  // Nobody waits for the answer any more.
  process.once('disconnect', () => process.exit());
  process.once('message', (order: TrialOrder) => {
    const { memory, request } = order;
    const say = (answer: TrialAnswer): void => void process.send!(answer);
    const before = process.memoryUsage.rss();
    const look = setInterval(() => {
      if (process.memoryUsage.rss() - before <= memory) return;
      clearInterval(look);
      say({ ok: false, error: tooLarge(request.spec, memory).toData() });
    }, LOOK_MS);
    const thread = new Worker(entry, {
      workerData: order,
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(memory / MIB) },
    });
    thread.on('message', say);
    thread.on('error', (error: NodeJS.ErrnoException) => {
      const refusal =
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? tooLarge(request.spec, memory)
          : crashed(request.spec, error, messageOf(error));
      say({ ok: false, error: refusal.toData() });
    });
  });
}
