/** What a publisher is told, over HTTP and at the command line, and what stays of it. */
import { join } from 'node:path';
import type { Batch } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import { APP, codeOf, startTestCollector, type TestCollector } from './testing/collector.ts';
import { serve, siskin } from './testing/command.ts';
import { temporaryFolder } from './testing/folder.ts';
import { endless, line, single } from './testing/graphs.ts';
import { batchOf, houses, MODEL, PROFILE, sha256, spec, writeModel } from './testing/model.ts';

async function publishGraph(collector: TestCollector, version: string, graph: Buffer) {
  await collector.admin('PUT', `artifacts/${sha256(graph)}`, graph);
  return collector.publish(version, { files: [{ name: 'model.onnx', sha256: sha256(graph) }] });
}

interface Problem {
  error: { code: string; message: string };
}
const problem = async (response: Response): Promise<Problem['error']> =>
  ((await response.json()) as Problem).error;
const published = async (response: Response) =>
  (await response.json()) as { created: boolean; warnings: string[] };

interface Audit {
  entries: { action: string; detail: Record<string, unknown> }[];
}
const auditOf = async (collector: TestCollector) =>
  ((await (await collector.admin('GET', `apps/${APP}/audit`)).json()) as Audit).entries;

describe('a model that fails its trial', () => {
  it('leaves nothing behind, and its version may be published once it is mended', async () => {
    const collector = await startTestCollector();
    const response = await publishGraph(collector, 'v1', Buffer.from('the graph of v1'));
    expect([response.status, await codeOf(response)]).toEqual([400, 'model_corrupt']);
    const other = await publishGraph(collector, 'v1', line(1, 1));
    expect([other.status, await codeOf(other)]).toEqual([400, 'self_test_failed']);
    const lacking = await publishGraph(collector, 'v1', single('Frobnicate'));
    expect(lacking.status).toBe(400);
    expect((await problem(lacking)).message).toContain('lacks its operator "Frobnicate"');
    const status = await collector.admin('GET', `apps/${APP}/models/${MODEL}/rollout`);
    expect(status.status).toBe(404);
    expect(await auditOf(collector)).toEqual([]);
    expect((await collector.publish('v1')).status).toBe(201);
  });

  it('costs nobody else anything while it runs', async () => {
    const collector = await startTestCollector({ trialSeconds: 3 });
    await collector.publish('v1');
    let over = false;
    const refused = publishGraph(collector, 'v2', endless()).finally(() => {
      over = true;
    });
    let answered = 0;
    const takeOne = async (batch: Batch) => {
      expect((await collector.send(batch)).status).toBe(202);
      if (!over) answered++;
    };
    while (answered < 50 && !over) {
      await takeOne(batchOf('v1', houses(10)));
      expect((await collector.fetch('healthz')).status).toBe(200);
    }
    expect(answered).toBe(50);
    expect(await problem(await refused)).toMatchObject({
      code: 'runtime_failed',
      message: expect.stringContaining('within 3 s'),
    });
  });

  it('does not keep the collector from stopping, nor does what waits behind it', async () => {
    const collector = await startTestCollector();
    const answers = Array.from({ length: 5 }, () =>
      publishGraph(collector, 'v1', endless()).then(problem),
    );
    // One is tried and three wait: that this one may not says that they are there.
    expect(await Promise.race(answers)).toMatchObject({
      code: 'overloaded',
      message: expect.stringContaining('other models are being tried'),
    });
    await collector.close();
    const messages = (await Promise.all(answers)).map(({ message }) => message);
    expect(messages.filter((message) => message.includes('is stopping'))).toHaveLength(4);
  });
});

describe('a version that is not like the champion', () => {
  const inputs = [{ name: 'size', kind: 'numeric' }];

  it('is refused, or published with leave, which is recorded', async () => {
    const collector = await startTestCollector();
    await collector.publish('v1');
    const changed = { spec: { ...spec('v2'), inputs } };
    const refused = await collector.publish('v2', changed);
    expect(refused.status).toBe(409);
    const { code, message } = await problem(refused);
    expect(code).toBe('conflict');
    expect(message).toContain('input "area" is not there any more; input "size" is new');
    expect(message).toContain('--allow-schema-change');
    const allowed = await collector.publish('v2', { ...changed, allowSchemaChange: true });
    expect(allowed.status).toBe(201);
    const [entry] = await auditOf(collector);
    expect(entry).toMatchObject({
      action: 'publish',
      detail: {
        version: 'v2',
        allowSchemaChange: true,
        schemaChanges: ['input "area" is not there any more', 'input "size" is new'],
      },
    });
  });

  it('is compared with what is live, and leave that was not needed is not recorded', async () => {
    const collector = await startTestCollector();
    await collector.publish('v1', { allowSchemaChange: true });
    await collector.publish('v2', { spec: { ...spec('v2'), inputs }, allowSchemaChange: true });
    expect((await collector.publish('v3')).status).toBe(201);
    const details = (await auditOf(collector)).map(({ detail }) => 'allowSchemaChange' in detail);
    expect(details).toEqual([false, true, false]);
  });

  it('comes with warnings of its reference', async () => {
    const collector = await startTestCollector();
    expect(await published(await collector.publish('v1'))).toMatchObject({ warnings: [] });
    const metrics = { median_relative_error: 0.1 };
    const worse = await collector.publish('v2', { profile: { ...PROFILE, n: 1000, metrics } });
    expect((await published(worse)).warnings).toEqual([
      "the reference has 1000 rows, the champion's 2000 rows",
      "metrics are worse: median_relative_error 0.1 (the champion's 0.08)",
    ]);
    const untested = await collector.publish('v3', { selfTest: undefined });
    expect((await published(untested)).warnings).toEqual([
      expect.stringContaining('there is no self-test'),
    ]);
  });
});

describe('who published', () => {
  it('is kept, and checked', async () => {
    const collector = await startTestCollector();
    await collector.publish('v1', { by: 'Zoë Okonkwo-Lindqvist' });
    await collector.publish('v2');
    const status = await collector.admin('GET', `apps/${APP}/models/${MODEL}/rollout`);
    expect(await status.json()).toMatchObject({
      versions: [
        { version: 'v1', by: 'Zoë Okonkwo-Lindqvist' },
        { version: 'v2', by: null },
      ],
      history: [{ cause: 'publish', champion: 'v1', by: 'Zoë Okonkwo-Lindqvist' }],
    });
    const [, first] = await auditOf(collector);
    expect(first).toMatchObject({ detail: { by: 'Zoë Okonkwo-Lindqvist' } });
    for (const by of ['', ' ', 'a\nb', 'x'.repeat(65), ' a', '\u202eevil', 7]) {
      const response = await collector.publish('v3', { by });
      expect([by, response.status, await codeOf(response)]).toEqual([by, 400, 'usage']);
    }
    expect((await collector.publish('v3', { by: 'x'.repeat(64) })).status).toBe(201);
  });
});

describe('siskin publish', () => {
  it('says who, what was refused and why, and what to look at', async () => {
    const folder = temporaryFolder();
    const data = join(folder, 'data');
    await siskin(['init', '--data', data, '--app', APP]);
    await serve(['--data', data]);
    const publish = (version: string, changes: object, ...flags: string[]) =>
      siskin([
        'publish',
        writeModel(join(folder, version), version, changes),
        '--data',
        data,
        ...flags,
      ]);
    expect(await publish('v1', {}, '--by', 'ada')).toMatchObject({
      code: 0,
      stdout: 'house v1 is published and the champion\n',
    });
    const corrupt = await publish('bad', { bytes: Buffer.from('no graph') });
    expect(corrupt).toMatchObject({ code: 2, stdout: '' });
    expect(corrupt.stderr).toMatch(/cannot read the model.* \[model_corrupt\]\n$/);
    const outputs = [{ kind: 'regression', unit: '€' }];
    const euros = await publish('v2', { spec: { outputs } });
    expect(euros).toMatchObject({ code: 2, stdout: '' });
    expect(euros.stderr).toMatch(/output 1 is in "€", not in "\$".* \[conflict\]\n$/);
    const leave = await publish(
      'v2',
      { spec: { outputs }, profile: { n: 9 } },
      '--allow-schema-change',
    );
    expect(leave.code).toBe(0);
    expect(leave.stdout).toMatch(
      /^house v2 is published: try it .*\nwarning: the reference has 9 rows/,
    );
    const status = await siskin(['rollout', 'status', MODEL, '--data', data]);
    expect(status.stdout).toContain(' by ada\n');
  });
});
