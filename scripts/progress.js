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
 * One line that tells how long `what` has been going on, until it is stopped.
 * @param {string} what
 * @param {() => string} [detail] asked every now and then how far it is
 * @returns {(succeeded: boolean) => void} stops
 */
function tell(what, detail) {
  const start = Date.now();
  const seconds = () => `${Math.round((Date.now() - start) / 1000)} s`;
  const rewrites = process.stderr.isTTY;
  const timer = setInterval(
    () => {
      const line = `${what}: ${detail ? `${detail()}, ` : ''}${seconds()}`;
      if (rewrites) process.stderr.write(`\r\x1b[Ksiskin: ${line}`);
      else say(line);
    },
    rewrites ? 500 : QUIET_SECONDS * 1000,
  );
  say(`${what} ...`);
  return (succeeded) => {
    clearInterval(timer);
    if (rewrites) process.stderr.write('\r\x1b[K');
    if (succeeded) say(`${what}: done in ${seconds()}`);
  };
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

/**
 * @param {string[]} command
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} options
 */
async function runToEnd([program = '', ...args], options) {
  // npm is a script (npm.cmd) on Windows, which only a shell can start.
  const shell = process.platform === 'win32' && !/\.exe$/i.test(program);
  const child = spawn(program, args, { ...options, shell, stdio: ['ignore', 'pipe', 'pipe'] });
  /** @param {NodeJS.Signals} signal */
  const stop = (signal) => child.kill(signal);
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  // An installer that is left behind would get in the way of the next one.
  for (const signal of signals) process.on(signal, stop);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output = (output + chunk).slice(-100_000);
    });
  }
  try {
    /** @type {string | undefined} */
    const fault = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        resolve(code === 0 ? undefined : `\`${program}\` ended with ${signal ?? `code ${code}`}`);
      });
    });
    if (fault) throw new Error(tellingLine(output) ?? fault);
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}

/**
 * Runs a program to its end, its output kept back, with one line of progress.
 * @param {string} what told to the person, e.g. "Installing packages"
 * @param {string[]} command
 * @param {{ detail?: () => string, env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 * @throws Error whose message is the most telling line of its output
 */
export async function runQuietly(what, command, { detail, ...options } = {}) {
  const stop = tell(what, detail);
  let succeeded = false;
  try {
    await runToEnd(command, options);
    succeeded = true;
  } finally {
    stop(succeeded);
  }
}
