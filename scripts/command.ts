/** The real `siskin` command, run as a child process: what an operator would type. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../collector/src/cli/main.ts', import.meta.url));
/** It must not outlive whoever started it, even if that was killed. */
const FOLLOW = ['--import', new URL('./follow.js', import.meta.url).href];
const ARGS = ['--conditions=@siskin/source', '--disable-warning=ExperimentalWarning', MAIN];

/** Runs a command to its end. @returns its JSON. @throws with its message if it exits with 2. */
export async function siskin(...args: string[]): Promise<Record<string, unknown>> {
  const child = spawn(process.execPath, [...ARGS, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0 && code !== 1)
    throw new Error(`siskin ${args.join(' ')}: ${err.trim() || `exit code ${code}`}`);
  return JSON.parse(out) as Record<string, unknown>;
}

/** A running `siskin serve`. */
export class Collector {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** Resolves when it answers. @throws with its message if it does not start. */
  static async serve(...args: string[]): Promise<Collector> {
    const child = spawn(process.execPath, [...FOLLOW, ...ARGS, 'serve', ...args, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let err = '';
    child.stderr.on('data', (chunk) => (err = (err + chunk).slice(-4000)));
    const closed = once(child, 'close').then(() => {
      throw new Error(err.trim() || 'the collector ended before it was ready');
    });
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([once(lines, 'line'), closed])) as [string];
    closed.catch(() => undefined);
    // Whatever else it says must not fill the pipe.
    child.stdout.resume();
    return new Collector((JSON.parse(line) as { url: string }).url, child);
  }

  get exited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** SIGTERM drains; SIGKILL is what a crash looks like. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.exited) return;
    const closed = once(this.#child, 'close');
    this.#child.kill(signal);
    await closed;
  }
}
