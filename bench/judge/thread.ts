/** A thread that simulates the rollouts it is told. */
import { parentPort } from 'node:worker_threads';
import { simulate, type Task } from './simulate.ts';

parentPort!.on('message', (task: Task) => parentPort!.postMessage(simulate(task)));
