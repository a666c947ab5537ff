/**
 * `node scripts/run.js COMMAND [args]`: sets up what is missing, then runs the command on the Node
 * that comes with the packages. What `npm start`, `npm test` and `npm run bench` call.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { ROOT } from './packages.js';
import { say } from './progress.js';
import { setUp } from './setup.js';

/** @type {Record<string, string[]>} */
const COMMANDS = {
  start: ['scripts/start.ts'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  bench: ['bench/run.ts'],
};

const FOLLOW = pathToFileURL(join(ROOT, 'scripts', 'follow.js')).href;

/** @param {string} node @param {string[]} args @param {NodeJS.ProcessEnv} env */
async function runOn(node, args, env) {
  const flags = ['--conditions=@siskin/source', '--import', FOLLOW];
  const child = spawn(node, [...flags, ...args], { cwd: ROOT, env, stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      // Ctrl-C in a terminal has already reached the child: twice would be an impatient person.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  // Only npm's shell is certain to wait for us: anyone else may leave on purpose.
  if (process.env.npm_lifecycle_event) await import('./follow.js');
  /** @type {number} */
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']),
    );
  });
  process.exitCode = code;
}

/** @param {string[]} args */
async function main([name = '', ...args]) {
  const command = COMMANDS[name];
  if (!command)
    throw new Error(`there is no command "${name}": ${Object.keys(COMMANDS).join(', ')}`);
  const { node, browser } = await setUp({ browser: true });
  const [script = '', ...fixed] = command;
  // Children need not look for the browser again.
  await runOn(node, [join(ROOT, script), ...fixed, ...args], {
    ...process.env,
    CHROME_PATH: browser,
  });
}

main(process.argv.slice(2)).catch((error) => {
  say(error.message);
  process.exitCode = 2;
});
