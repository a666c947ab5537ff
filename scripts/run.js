/**
 * `node scripts/run.js COMMAND [args]`: sets up what is missing, then runs the command on the Node
 * that comes with the packages. What `npm start`, `npm test` and `npm run bench` call.
 */
import { join } from 'node:path';
import process from 'node:process';
import { standInFor } from './child.js';
import { ROOT } from './packages.js';
import { say } from './progress.js';
import { setUp } from './setup.js';

/** @type {Record<string, string[]>} */
const COMMANDS = {
  start: ['scripts/start.ts'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  bench: ['bench/run.ts'],
  check: ['scripts/check.ts'],
};

/** @param {string[]} args @returns {Promise<number>} exit code */
async function main([name = '', ...args]) {
  const [script, ...fixed] = COMMANDS[name] ?? [];
  if (script === undefined) {
    throw new Error(`there is no command "${name}", only ${Object.keys(COMMANDS).join(', ')}`);
  }
  const { node, browser } = await setUp();
  const command = ['--conditions=@siskin/source', join(ROOT, script), ...fixed, ...args];
  // Whatever it starts need not look for the browser again.
  return standInFor(node, command, { cwd: ROOT, env: { ...process.env, CHROME_PATH: browser } });
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    say(error.message);
    process.exitCode = 2;
  },
);
