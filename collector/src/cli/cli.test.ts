import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Report } from '../reports/report.ts';
import { serve, siskin } from '../testing/command.ts';
import { temporaryFolder } from '../testing/folder.ts';
import { batchOf, houses, MODEL, writeModel } from '../testing/model.ts';

let folder: string;
let data: string;
beforeEach(() => {
  folder = temporaryFolder();
  data = join(folder, 'data');
});
const model = (version: string, changes = {}) =>
  writeModel(join(folder, version), version, changes);
const init = () => siskin(['init', '--data', data, '--app', 'shop', '--json']);
/** Misuse: exit code 2, one line `siskin: … [code]` on stderr, nothing on stdout. */
function misuse(result: Awaited<ReturnType<typeof siskin>>, code: string, text: string | RegExp) {
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toMatch(new RegExp(`^siskin: .* \\[${code}\\]\\n$`));
  expect(result.stderr).toMatch(text);
}

describe('siskin init', () => {
  it('makes a folder that only its owner reads, and prints what the page needs', async () => {
    const result = await siskin(['init', '--data', data, '--app', 'shop']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const credentials = JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8'));
    const { writeKey, adminSecret } = credentials.apps.shop;
    for (const text of [writeKey, adminSecret, credentials.publicKeys[0], 'createSiskin({']) {
      expect(result.stdout).toContain(text);
    }
    expect(statSync(data).mode & 0o777).toBe(0o700);
    for (const name of ['credentials.json', 'signing-key.pem', 'siskin.db']) {
      expect([name, statSync(join(data, name)).mode & 0o777]).toEqual([name, 0o600]);
    }
    expect(readFileSync(join(data, 'siskin.db')).includes(adminSecret)).toBe(false);
  });

  it('adds apps under one signing key, and refuses one that is there', async () => {
    const first = (await init()).json();
    const second = (await siskin(['init', '--data', data, '--app', 'bank', '--json'])).json();
    expect(second.publicKeys).toEqual(first.publicKeys);
    expect(second.writeKey).not.toBe(first.writeKey);
    misuse(await init(), 'conflict', 'there is already an app "shop"');
  });

  it('refuses a name that would not fit into an address', async () => {
    misuse(await siskin(['init', '--data', data, '--app', 'a/b']), 'usage', '"a/b"');
    expect(existsSync(data)).toBe(false);
  });

  it('refuses a data folder that is a file, or below one', async () => {
    writeFileSync(data, '');
    misuse(await init(), 'data_dir', 'choose another with --data');
    data = join(data, 'below');
    misuse(await init(), 'data_dir', 'choose another with --data');
  });

  it.runIf(existsSync('/proc/self'))(
    'refuses a data folder where none can be made, and does not hang',
    async () => {
      data = '/proc/siskin';
      misuse(await init(), 'data_dir', 'choose another with --data');
    },
  );
});

describe('siskin serve', () => {
  it('prints where it listens, and SIGTERM ends it well', async () => {
    await init();
    const server = await serve(['--data', data]);
    expect((await fetch(new URL('healthz', server.url))).status).toBe(200);
    expect(await (await fetch(new URL('readyz', server.url))).json()).toEqual({ status: 'ready' });
    expect(await server.stop('SIGTERM')).toBe(0);
    expect(existsSync(join(data, 'running.json'))).toBe(false);
    expect(existsSync(join(data, 'siskin.db-wal'))).toBe(false);
  });

  it('says whose turn it is when the port is in use', async () => {
    await init();
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const result = await siskin(['serve', '--data', data, '--port', String(port)]);
    misuse(result, 'port_in_use', 'choose another with --port');
  });

  it('refuses a folder without a collector in it, or that it cannot write to', async () => {
    misuse(await siskin(['serve', '--data', data]), 'data_dir', 'siskin init');
    misuse(await siskin(['serve', '--data', folder]), 'data_dir', 'siskin init');
    expect(existsSync(data)).toBe(false);
    misuse(await siskin(['serve']), 'usage', '--data');
    writeFileSync(join(folder, 'file'), '');
    misuse(await siskin(['serve', '--data', join(folder, 'file')]), 'data_dir', '--data');
  });

  it.each([
    ['a typo', '{"prot": 4100}', 'no setting "prot": did you mean "port"?'],
    ['a typo in a long word', '{"windwo": 5}', 'did you mean "window"?'],
    ['a value of the wrong type', '{"port": "4100"}', /port: .*number/i],
    ['a value out of range', '{"window": 0}', /window: /],
    [
      'an origin with a path',
      '{"origins": ["https://shop.example/a"]}',
      /origins\.0: .*without a path/,
    ],
    ['no JSON', '{port: 4100}', 'is not JSON'],
    ['no object', '[]', 'is not an object'],
  ])('names what is wrong in its file: %s', async (_, content, text) => {
    await init();
    writeFileSync(join(folder, 'siskin.config.json'), content);
    misuse(await siskin(['serve', '--data', data], { cwd: folder }), 'config_invalid', text);
  });

  it('names what is wrong in the environment and in its flags', async () => {
    await init();
    const typo = await siskin(['serve', '--data', data], { env: { SISKIN_PROT: '1' } });
    misuse(typo, 'config_invalid', 'did you mean "SISKIN_PORT"?');
    const text = await siskin(['serve', '--data', data], { env: { SISKIN_PORT: 'http' } });
    misuse(text, 'config_invalid', 'port');
    misuse(await siskin(['serve', '--data', data, '--port', '70000']), 'config_invalid', 'port');
    misuse(await siskin(['serve', '--data', data, '--port', 'x']), 'usage', 'whole number');
    misuse(await siskin(['serve', '--data', data, '--prot', '1']), 'usage', 'Did you mean --port?');
    const file = await siskin(['serve', '--data', data, '--config', join(folder, 'none.json')]);
    misuse(file, 'config_invalid', 'none.json cannot be read');
  });

  it('takes flags before environment before file', async () => {
    await init();
    writeFileSync(
      join(folder, 'siskin.config.json'),
      JSON.stringify({ data, origins: ['https://file.example'], host: '127.0.0.1' }),
    );
    const env = { SISKIN_ORIGINS: 'https://env.example,https://flag.example' };
    const server = await serve([], { cwd: folder, env });
    const { writeKey } = JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8')).apps.shop;
    const status = async (origin: string) => {
      const address = new URL(`v1/batches/${writeKey}`, server.url);
      return (await fetch(address, { method: 'POST', headers: { Origin: origin } })).status;
    };
    expect(await status('https://env.example')).toBe(400); // let in, and then found empty
    expect(await status('https://file.example')).toBe(401);
    await server.stop('SIGTERM');
    const flagged = await serve(['--origin', 'https://flag.example'], { cwd: folder, env });
    const address = new URL(`v1/batches/${writeKey}`, flagged.url);
    const headers = { Origin: 'https://env.example' };
    expect((await fetch(address, { method: 'POST', headers })).status).toBe(401);
  });
});

describe('siskin publish, rollout and report', () => {
  const target = () => ['--data', data, '--json'];

  it('tell the story of a model', async () => {
    const { writeKey, adminSecret } = (await init()).json();
    const server = await serve(['--data', data]);
    const send = async (batch: object) => {
      const address = new URL(`v1/batches/${writeKey}`, server.url);
      const response = await fetch(address, { method: 'POST', body: JSON.stringify(batch) });
      expect(response.status).toBe(202);
    };

    const first = await siskin(['publish', model('v1'), ...target()]);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.json()).toMatchObject({
      model: MODEL,
      version: 'v1',
      created: true,
      champion: true,
    });
    expect((await siskin(['publish', model('v1'), ...target()])).json().created).toBe(false);
    const other = await siskin([
      'publish',
      model('v1', { bytes: Buffer.from('other') }),
      ...target(),
    ]);
    misuse(other, 'conflict', 'publish under a new one');
    // From elsewhere: address and secret instead of the folder.
    const remote = ['--url', server.url, '--app', 'shop', '--json'];
    const second = await siskin(['publish', model('v2'), ...remote], {
      env: { SISKIN_SECRET: adminSecret },
    });
    expect(second.json()).toMatchObject({ created: true, champion: false });

    for (let group = 0; group < 16; group++)
      await send(batchOf('v1', houses(50, 0, group), { group, age: 60_000 }));
    const quiet = await siskin(['report', MODEL, '--since', '15m', ...target()]);
    expect(quiet.code).toBe(0);
    const report = quiet.json() as Report;
    expect(report).toMatchObject({ v: 1, champion: 'v1', alarm: false });
    expect(report.versions[0]).toMatchObject({
      version: 'v1',
      arm: 'champion',
      predictions: { counted: 800, failed: 0 },
      features: [{ name: 'input/area', n: 800, state: 'ok' }],
    });

    const started = await siskin([
      'rollout',
      'start',
      MODEL,
      '--to',
      'v2',
      '--canary',
      '10',
      ...target(),
    ]);
    expect(started.json()).toMatchObject({ champion: 'v1', canary: { version: 'v2', share: 0.1 } });
    for (let i = 0; i < 48; i++) {
      const age = 60_000 * (1 + (i % 3));
      await send(batchOf('v2', houses(50, 400, i), { arm: 'canary', group: i % 16, age }));
    }
    const loud = await siskin(['report', MODEL, '--data', data]);
    expect(loud.code).toBe(1);
    expect(loud.stdout).toContain('ALARM');
    expect(loud.stdout).toMatch(/input\/area +drift/);
    const page = join(folder, 'report.html');
    const html = await siskin(['report', MODEL, '--data', data, '--format', 'html', '--out', page]);
    expect(html).toMatchObject({ code: 1, stdout: '' });
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>[\s\S]*input\/area/);

    const rolledBack = await siskin(['rollout', 'rollback', MODEL, ...target()]);
    expect(rolledBack.json()).toMatchObject({ champion: 'v1', canary: null, cause: 'rollback' });
    misuse(await siskin(['rollout', 'promote', MODEL, ...target()]), 'conflict', 'no rollout');
    await siskin(['rollout', 'start', MODEL, '--to', 'v2', '--canary', '100%', ...target()]);
    expect((await siskin(['rollout', 'promote', MODEL, ...target()])).json().champion).toBe('v2');
    expect(
      (await siskin(['rollout', 'rollback', MODEL, '--to', 'v1', ...target()])).json().champion,
    ).toBe('v1');
    const status = await siskin(['rollout', 'status', MODEL, '--data', data]);
    expect(status.stdout).toMatch(
      /^house: champion v1 \(sequence 7\)\nversions:\n {2}v1, published 2\S+ by .+\n {2}v2, /,
    );
    expect(status.stdout.trim().split('\n')).toHaveLength(11);

    expect(server.stderr()).not.toContain(adminSecret);
  }, 60_000);

  it('publish the demo’s models', async () => {
    await init();
    await serve(['--data', data]);
    for (const [path, spec] of [
      ['house/v1', 'siskin.json'],
      ['digits/v1', 'siskin.json'],
      ['digits/v2', 'siskin.tfjs.json'],
    ] as const) {
      const dir = fileURLToPath(new URL(`../../../demo/models/${path}`, import.meta.url));
      const result = await siskin(['publish', dir, '--spec', spec, ...target()]);
      expect(result).toMatchObject({ code: 0, stderr: '' });
    }
  }, 30_000);

  it('say what is wrong with a model folder before anything is sent', async () => {
    const publish = (dir: string) =>
      siskin(['publish', dir, '--url', 'http://127.0.0.1:1', '--app', 'shop', '--secret', 'x']);
    misuse(await publish(join(folder, 'none')), 'spec_invalid', 'siskin.json cannot be read');
    misuse(await publish(model('a', { spec: { format: 'pickle' } })), 'spec_invalid', /format: /);
    misuse(
      await publish(model('b', { spec: { files: ['gone.onnx'] } })),
      'spec_invalid',
      '"gone.onnx", which is not in',
    );
    misuse(
      await publish(model('c', { spec: { files: ['../a/model.onnx'] } })),
      'spec_invalid',
      'inside',
    );
    misuse(await publish(model('d', { profile: { n: 0 } })), 'profile_invalid', /n: /);
    misuse(await publish(model('e', { selfTest: { cases: [] } })), 'spec_invalid', 'self-test');
    writeFileSync(join(model('f'), 'reference.json'), '{');
    misuse(await publish(join(folder, 'f')), 'profile_invalid', 'is not JSON');
    misuse(await publish(model('g')), 'usage', 'is `siskin serve` running?');
  }, 30_000);

  it('say which collector they lack', async () => {
    misuse(await siskin(['report', MODEL]), 'usage', '--url and --secret and --app missing');
    misuse(await siskin(['report', MODEL, '--data', data]), 'usage', 'siskin init');
    expect(existsSync(data)).toBe(false);
    await init();
    misuse(await siskin(['report', MODEL, '--data', data]), 'usage', 'siskin serve');
    misuse(
      await siskin(['report', MODEL, '--data', data, '--app', 'shpo']),
      'usage',
      'did you mean "shop"?',
    );
    await serve(['--data', data]);
    misuse(await siskin(['report', MODEL, '--data', data]), 'not_found', 'no model "house"');
    misuse(
      await siskin(['report', MODEL, '--data', data, '--secret', 'x']),
      'unauthorized',
      'admin secret',
    );
    await siskin(['publish', model('v1'), '--data', data]);
    misuse(await siskin(['report', MODEL, '--data', data, '--since', 'soon']), 'usage', '15m');
  }, 30_000);

  it.each([
    [['rollout', 'start', MODEL, '--to', 'v2', '--canary', '0'], /more than 0/],
    [['rollout', 'start', MODEL, '--canary', '5'], /--to/],
    [['rollout', 'strat', MODEL], /Did you mean start/],
    [['report', MODEL, '--format', 'pdf'], /text, json, html/],
    [['reprot'], /Did you mean report/],
  ])('misuse is told: %j', async (args, text) => {
    misuse(await siskin(args), 'usage', text);
  });

  it.each([[['--help']], [['serve', '--help']], [['rollout', 'start', '--help']]])(
    'help is good: %j',
    async (args) => {
      const result = await siskin(args);
      expect(result).toMatchObject({ code: 0, stderr: '' });
      expect(result.stdout).toMatch(/^Usage: siskin/);
    },
  );
});
