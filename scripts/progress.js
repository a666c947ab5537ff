/** Work that takes a while, told on standard error: standard output belongs to the command. */
import { spawn } from 'node:child_process';
import process from 'node:process';

/** Seconds between two lines where the terminal cannot overwrite one. */
const QUIET_SECONDS = 10;

/** @param {string} text */
export function say(text) {
  process.stderr.write(`siskin: ${text}\n`);
}

/**
 * Runs a program to its end, its output kept back, with one line of progress.
 * @param {string} what told to the person, e.g. "Installing packages"
 * @param {string[]} command
 * @param {{ detail?: () => string, env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 *   `detail` is asked every now and then how far it is
 * @returns {Promise<string>} its standard output and error
 * @throws Error whose message is the most telling line of its output
 */
export async function runQuietly(what, command, { detail, env, cwd } = {}) {
  const start = Date.now();
  const seconds = () => Math.round((Date.now() - start) / 1000);
  const line = () => `${what}: ${detail ? `${detail()}, ` : ''}${seconds()} s`;
  const rewrites = process.stderr.isTTY;
  say(`${what} ...`);
  const timer = setInterval(
    () => {
      if (rewrites) process.stderr.write(`\r\x1b[Ksiskin: ${line()}`);
      else say(line());
    },
    rewrites ? 500 : QUIET_SECONDS * 1000,
  );
  try {
    const [program = '', ...args] = command;
    // npm is a script (npm.cmd) on Windows, which only a shell can start.
    const shell = process.platform === 'win32' && !/\.exe$/i.test(program);
    const child = spawn(program, args, { cwd, env, shell, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        output = (output + chunk).slice(-100_000);
      });
    }
    /** @type {string} */
    const end = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(code === 0 ? '' : `${signal ?? `code ${code}`}`));
    });
    if (end !== '')
      throw new Error(tellingLine(output) ?? `\`${command.join(' ')}\` ended with ${end}`);
    return output;
  } finally {
    clearInterval(timer);
    if (rewrites) process.stderr.write('\r\x1b[K');
    say(`${what}: ${seconds()} s`);
  }
}

/** What npm, apt and Playwright begin their reasons with. @param {string} output */
function tellingLine(output) {
  const reasons = output
    .split('\n')
    .map((text) => /^(?:npm (?:error|ERR!)|E:|Error:)\s*(.*\S)/.exec(text)?.[1])
    // npm first names the code alone ("code ENOTFOUND"), then says it in words.
    .filter((text) => text !== undefined && !/^(code|errno|syscall) \S+$/.test(text));
  return reasons[0];
}
