import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';

const CHILD = JSON.stringify(new URL('./child.js', import.meta.url).href);

/** Says when it is ready, then lives until a signal, which it names in its exit code. */
const LIVE = `
  process.on('SIGINT', () => process.exit(41));
  process.on('SIGTERM', () => process.exit(42));
  console.log('ready');
  setInterval(() => {}, 1000);
`;

let started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  started = [];
});

/** Arguments of a process that stands in for one that runs `script`. */
function standingInFor(script: string): string[] {
  const driver = `
    import { standInFor } from ${CHILD};
    const args = ['--input-type=module', '--eval', ${JSON.stringify(script)}];
    process.exitCode = await standInFor(process.execPath, args, { cwd: '.', env: process.env });
  `;
  return ['--input-type=module', '--eval', driver];
}

function start(args: string[], npmScript?: string): ChildProcess {
  const { npm_lifecycle_event: _, ...env } = process.env;
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: npmScript === undefined ? env : { ...env, npm_lifecycle_event: npmScript },
  });
  started.push(child);
  return child;
}

async function ready(child: ChildProcess): Promise<void> {
  await once(createInterface({ input: child.stdout! }), 'line');
}

/** Its standard output closes only when every process that holds it has ended, children too. */
async function closed(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
}

describe('standInFor', () => {
  it("ends with the child's exit code", async () => {
    expect(await closed(start(standingInFor('process.exit(7)')))).toBe(7);
  });

  it('ends as a shell would after a child that a signal ended', async () => {
    expect(await closed(start(standingInFor("process.kill(process.pid, 'SIGKILL')")))).toBe(137);
  });

  it.each([
    ['SIGINT', 41],
    ['SIGTERM', 42],
  ] as const)('passes %s on and waits', async (signal, code) => {
    const child = start(standingInFor(LIVE));
    await ready(child);
    child.kill(signal);
    expect(await closed(child)).toBe(code);
  });

  it('leaves no child behind when it is killed', async () => {
    const child = start(standingInFor(LIVE));
    await ready(child);
    child.kill('SIGKILL');
    expect(await closed(child)).toBeNull();
  });

  it("ends when npm's shell has gone", async () => {
    const driver = `
      import { spawn } from 'node:child_process';
      spawn(process.execPath, process.argv.slice(1), { stdio: 'inherit' });
    `;
    const shell = start(
      ['--input-type=module', '--eval', driver, '--', ...standingInFor(LIVE)],
      'start',
    );
    await ready(shell);
    shell.kill('SIGKILL');
    expect(await closed(shell)).toBeNull();
  });
});
