import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

/** In a plain Node, as a server that renders pages is one. */
async function inNode(script: string): Promise<unknown> {
  const { stdout } = await run(
    process.execPath,
    ['--conditions=@siskin/source', '--input-type=module', '-e', script],
    { cwd: import.meta.dirname },
  );
  return JSON.parse(stdout);
}

it('imported on a server does no work: no globals, nothing that keeps the process alive', async () => {
  expect(
    await inNode(`
      const before = new Set(Reflect.ownKeys(globalThis));
      const { createSiskin } = await import('@siskin/sdk');
      const made = Reflect.ownKeys(globalThis).filter((key) => !before.has(key)).map(String);
      const busy = process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY|File/.test(name));
      console.log(JSON.stringify({ made, busy, kind: typeof createSiskin }));
    `),
  ).toEqual({ made: [], busy: [], kind: 'function' });
});

it('used on a server says what is missing', async () => {
  const error = (await inNode(`
    const { createSiskin, SiskinError } = await import('@siskin/sdk');
    try {
      createSiskin({ collector: 'https://c.example', app: 'a', key: 'k', publicKeys: ['x'] });
    } catch (error) {
      const { code, message } = error;
      console.log(JSON.stringify({ ours: error instanceof SiskinError, code, message }));
    }
  `)) as { ours: boolean; code: string; message: string };
  expect(error).toMatchObject({ ours: true, code: 'browser_unsupported' });
  expect(error.message).toMatch(/lacks Worker, IndexedDB/);
});
