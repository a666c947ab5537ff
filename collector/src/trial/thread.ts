/** The thread in which a published model is tried: it is asked one thing, answers, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf, SiskinError } from '@siskin/protocol';
import type { ThreadAnswer, ThreadData } from './contract.ts';
import { boundMemory } from './memory.ts';
import { tooLarge } from './refusals.ts';
import { tryModel } from './tryModel.ts';

const { request, memory } = workerData as ThreadData;
const bound = boundMemory(memory);

async function answer(): Promise<ThreadAnswer> {
  try {
    return { ok: true, result: await tryModel(request) };
  } catch (thrown) {
    const error = bound.reached
      ? tooLarge(request.spec, memory)
      : SiskinError.from(thrown, 'runtime_failed', `the model did not run: ${messageOf(thrown)}`);
    return { ok: false, error: error.toData() };
  }
}

// Only a thread has someone to tell.
parentPort?.postMessage(await answer());
