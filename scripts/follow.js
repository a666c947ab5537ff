/**
 * Imported by a process that must not outlive the one that started it: npm's shell passes no signal
 * on, and a parent that is killed cannot.
 */
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

const EVERY_MS = 500;

if (isMainThread) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, EVERY_MS);
  timer.unref();
}
