/** Runs one child in this process's place: its output, its exit code, every signal to it. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import process from 'node:process';

const FOLLOW = new URL('./follow.js', import.meta.url).href;

/**
 * @param {string} node
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>} its exit code; 128 + the number of the signal that ended it
 */
export async function standInFor(node, args, options) {
  const child = spawn(node, ['--import', FOLLOW, ...args], { ...options, stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      // Ctrl-C in a terminal has already reached the child: twice would be an impatient person.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  // Only npm's shell is certain to wait for us: anyone else may leave on purpose.
  if (process.env.npm_lifecycle_event) await import('./follow.js');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']);
    });
  });
}
