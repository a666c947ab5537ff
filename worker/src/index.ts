/** The page's side of the worker: how to spawn it, and what crosses. */
export type * from './api.ts';

/** Written so that bundlers see the worker as a chunk of its own. */
export function spawnWorker(): Worker {
  return new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'siskin' });
}
