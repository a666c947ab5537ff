/** The process of a trial: its main thread watches over a second one, in which the model runs. */
import { isMainThread } from 'node:worker_threads';
import { answer } from './thread.ts';
import { watch } from './watch.ts';

if (isMainThread) watch(new URL(import.meta.url));
else await answer();
