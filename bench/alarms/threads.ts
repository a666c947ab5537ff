/** Tasks over threads; results in the order of the tasks, whatever the number of threads. */
import { Worker } from 'node:worker_threads';
import type { Task } from './simulate.ts';

export async function onThreads(
  tasks: readonly Task[],
  threads: number,
  done: (result: unknown, at: number) => void,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(threads, tasks.length) }, async () => {
      const thread = new Worker(new URL('./thread.ts', import.meta.url));
      try {
        while (next < tasks.length) {
          const at = next++;
          const result = await new Promise((resolve, reject) => {
            thread.once('message', resolve);
            thread.once('error', reject);
            thread.postMessage(tasks[at]);
          });
          thread.removeAllListeners('error');
          done(result, at);
        }
      } finally {
        await thread.terminate();
      }
    }),
  );
}
