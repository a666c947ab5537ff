/** The thread in which a published model is tried: it is asked one thing, answers, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf, SiskinError } from '@siskin/protocol';
import type { TrialAnswer, TrialOrder } from './contract.ts';
import { boundMemory } from './memory.ts';
import { tooLarge } from './refusals.ts';
import { tryModel } from './tryModel.ts';

/** Posts its answer to whoever started this thread with a {@link TrialOrder}. */
export async function answer(): Promise<void> {
  const { request, memory } = workerData as TrialOrder;
  const bound = boundMemory(memory);
  let said: TrialAnswer;
  try {
    said = { ok: true, result: await tryModel(request) };
  } catch (thrown) {
    const error = bound.reached
      ? tooLarge(request.spec, memory)
      : SiskinError.from(thrown, 'runtime_failed', `the model did not run: ${messageOf(thrown)}`);
    said = { ok: false, error: error.toData() };
  }
  parentPort!.postMessage(said);
}
