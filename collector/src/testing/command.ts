/** The command `siskin` as a process, as a person runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url));

interface Options {
  cwd?: string;
  env?: Record<string, string>;
}

function start(args: readonly string[], { cwd, env }: Options = {}): ChildProcess {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('SISKIN_'));
  return spawn(process.execPath, ['--conditions=@siskin/source', MAIN, ...args], {
    cwd,
    env: { ...Object.fromEntries(clean), NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export async function siskin(args: readonly string[], options?: Options) {
  const child = start(args, options);
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (chunk) => (stdout += chunk));
  child.stderr!.on('data', (chunk) => (stderr += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr, json: () => JSON.parse(stdout) };
}

/** `siskin serve`, once it listens; ended with the test. */
export async function serve(args: readonly string[], options?: Options) {
  const child = start(['serve', '--json', '--port', '0', '--log', 'warn', ...args], options);
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  let stderr = '';
  child.stderr!.on('data', (chunk) => (stderr += chunk));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const first = createInterface(child.stdout!)[Symbol.asyncIterator]().next();
  const line = await Promise.race([first, ended.then(() => undefined)]);
  if (line === undefined || line.done) throw new Error(`siskin serve ended: ${stderr}`);
  const { url } = JSON.parse(line.value) as { url: string };
  return {
    url,
    /** @returns exit code or signal. */
    async stop(signal: NodeJS.Signals) {
      child.kill(signal);
      const [code, by] = await ended;
      return code ?? by;
    },
    stderr: () => stderr,
  };
}
