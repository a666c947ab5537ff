/** A thread that simulates what it is told, one deployment after the other. */
import { parentPort } from 'node:worker_threads';
import { shifted, stationary, type Task } from './simulate.ts';

parentPort!.on('message', (task: Task) => {
  parentPort!.postMessage(task.kind === 'stationary' ? stationary(task) : shifted(task));
});
