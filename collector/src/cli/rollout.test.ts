/** `siskin rollout`, as a person runs it, and what devices are told by it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Batch,
  categoryBinOf,
  followKeys,
  MANIFEST_TYPE,
  openEnvelope,
  parseEnvelope,
  parseKeyFile,
  parseManifest,
  SERIES,
  UNIT_EVENTS,
  unseal,
} from '@siskin/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { verifyEd25519 } from '../delivery/signing.ts';
import { codeOf, startTestCollector, type TestCollector, UNTRIED } from '../testing/collector.ts';
import { siskin } from '../testing/command.ts';
import { temporaryFolder } from '../testing/folder.ts';
import { batchOf, MODEL } from '../testing/model.ts';

let collector: TestCollector;
beforeEach(async () => {
  collector = await startTestCollector({ ...UNTRIED, evaluate: 0.1 });
  for (const version of ['v1', 'v2']) await collector.publish(version);
});

const rollout = (command: string, ...args: string[]) =>
  siskin(['rollout', command, MODEL, ...args, '--data', collector.data]);

/** The manifest, verified as a device does. */
async function told() {
  const { lists } = parseKeyFile(await (await collector.fetch('v1/apps/shop/keys')).text());
  const { list } = await followKeys(lists, collector.keys.publicKeys, verifyEd25519);
  const envelope = parseEnvelope(await (await collector.fetch('v1/apps/shop/manifest')).text());
  const payload = await openEnvelope(envelope, MANIFEST_TYPE, list.onlineKeys, verifyEd25519);
  const value: unknown = JSON.parse(new TextDecoder().decode(payload));
  const manifest = parseManifest(await unseal(value, list.artifactKeys, verifyEd25519));
  return { ...manifest.models[MODEL]!, sequence: manifest.sequence };
}

type Events = Partial<Record<(typeof UNIT_EVENTS)[number], number>>;

/** What many devices of one arm report, in one batch. */
function devices(version: string, arm: 'champion' | 'canary', sequence: number, events: Events) {
  const counts = Object.entries(events)
    .map(([event, n]): [number, number] => [categoryBinOf(event, UNIT_EVENTS), n])
    .sort(([a], [b]) => a - b)
    .flat();
  const batch = batchOf(version, [], { arm });
  const entry = { ...batch.entries[0]!, sequence, series: { [SERIES.unit]: counts } };
  return { ...batch, entries: [entry] } satisfies Batch;
}

describe('siskin rollout start', () => {
  it('takes a policy file, and flags before it; the status says all of it in words', async () => {
    const path = join(temporaryFolder(), 'rollout.json');
    writeFileSync(
      path,
      JSON.stringify({
        ...{ strategy: 'canary', steps: [1, 10, 50, 100], bake: '1h', minDevices: 500 },
        ...{ guard: ['error', { name: 'redo', promoteRatio: 1.5 }], approve: [100] },
        target: { webgpu: true },
      }),
    );
    const started = await rollout(
      ...(['start', '--to', 'v2', '--policy', path, '--bake', '30m', '--json'] as const),
    );
    expect(started).toMatchObject({ code: 0, stderr: '' });
    expect(started.json()).toMatchObject({
      champion: 'v1',
      canary: { version: 'v2', share: 0.01 },
      rollout: { policy: { bakeMs: 1_800_000, steps: [0.01, 0.1, 0.5], gates: [1] } },
    });
    const { sequence, rollout: issued, keep } = await told();
    expect(issued).toEqual({
      ...{ strategy: 'canary', version: 'v2', share: 0.01, target: { webgpu: true } },
      salt: expect.any(String),
    });
    expect(keep).toEqual(['v1']);

    await collector.send(devices('v1', 'champion', sequence, { exposed: 9900, error: 99 }));
    await collector.send(devices('v2', 'canary', sequence, { exposed: 100, error: 1 }));
    const status = await rollout('status');
    expect(status.code).toBe(0);
    for (const line of [
      /^house: champion v1, canary v2 on 1 % \(sequence 3\)\n/,
      /rollout: canary, running since \S+; \[1 %\] → 10 % → 50 % → everybody; a step lasts 30 minutes, needs 500 devices, everybody is to be approved\n/,
      /\n {2}continue: not enough evidence yet, for harm or for safety\n/,
      /\n {2}error: open; canary 1 of 100 \(1 %\); champion 99 of 9,900 \(1 %\); /,
      /\n {2}1 %: champion 9,900, canary 100\n/,
    ]) {
      expect(status.stdout).toMatch(line);
    }
    const report = await collector.report();
    expect(report.status).toBe(200); // series of devices, by sequence, are no matter to it
    expect(((await report.json()) as { alarm: boolean }).alarm).toBe(false);
  }, 60_000);

  it.each([
    [['--to', 'v2'], /--strategy.*\[usage\]/],
    [['--canary', '5'], /--to.*\[usage\]/],
    [['--to', 'v2', '--canary', '5', '--bake', '1h'], /only you move.*\[usage\]/],
    [['--to', 'v2', '--strategy', 'canary', '--steps', '10,5'], /only go up.*\[usage\]/],
    [['--to', 'v2', '--strategy', 'canary', '--guard', 'mood'], /a guard is one of.*\[usage\]/],
    [['--to', 'v2', '--strategy', 'canary', '--approve', '7'], /7 % cannot wait.*\[usage\]/],
    [['--to', 'v2', '--strategy', 'canary', '--guard', 'p95_load'], /p95_load.*\[conflict\]/],
    [['--to', 'v9', '--strategy', 'canary'], /it has v1, v2 \[not_found\]/],
    [['--policy', '/nowhere/rollout.json'], /cannot be read.*\[data_invalid\]/],
  ])('refuses %j', async (args, message) => {
    const result = await rollout('start', ...args);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(message);
    expect((await told()).rollout).toBeUndefined();
  });

  it('is watched until the collector has rolled it back', async () => {
    await rollout('start', '--to', 'v2', '--strategy', 'rolling', '--steps', '50');
    const { sequence } = await told();
    await collector.send(devices('v1', 'champion', sequence, { exposed: 1000, error: 10 }));
    await collector.send(devices('v2', 'canary', sequence, { exposed: 1000, error: 200 }));
    const watched = await rollout('status', '--watch', '--json');
    expect(watched.code).toBe(1);
    const last = JSON.parse(watched.stdout.trim().split('\n').at(-1)!);
    expect(last).toMatchObject({ champion: 'v1', rollout: null, cause: 'rollback', by: 'siskin' });
    expect(last.why).toMatch(/^rollback: the canary is worse/);
    expect((await told()).rollout).toBeUndefined();
  }, 60_000);
});

describe('what else people do to a model', () => {
  it('off, automation and pin reach devices, and who did it is known', async () => {
    await rollout('off', '--why', 'an incident');
    expect(await told()).toMatchObject({ off: true, champion: 'v1' });
    await rollout('on');
    expect((await told()).off).toBeUndefined();
    await rollout('automation', '--level', 'partial', '--threshold', '.8');
    expect((await told()).automation).toEqual({ level: 'partial', threshold: 0.8 });
    const pinned = await rollout('pin', '--to', 'v2');
    expect(pinned.stdout).toBe(
      'house: champion v2 (pinned), automation partial from 0.8 (sequence 6)\n',
    );
    expect(await told()).toMatchObject({ champion: 'v2', keep: ['v1'] });
    const refused = await rollout('start', '--to', 'v1', '--canary', '5');
    expect(refused.stderr).toMatch(/pinned.*\[conflict\]/);
    await rollout('unpin');
    await rollout('automation');
    expect((await told()).automation).toBeUndefined();
    const audit = await collector.admin('GET', 'apps/shop/audit');
    const { entries } = (await audit.json()) as {
      entries: { action: string; detail: { by: string; why?: string } }[];
    };
    const off = entries.find(({ action }) => action === 'rollout off')!;
    expect(off.detail).toMatchObject({ why: 'an incident', by: expect.stringMatching(/./) });
  }, 60_000);

  it('blue-green is flipped at once, and back; a shadow is said to answer nobody', async () => {
    await rollout('start', '--to', 'v2', '--strategy', 'blue-green');
    expect((await told()).rollout).toEqual({ strategy: 'blue-green', version: 'v2', live: false });
    expect((await rollout('flip')).stdout).toContain('green v2 live');
    expect((await told()).rollout).toMatchObject({ live: true });
    await rollout('flip');
    expect((await told()).rollout).toMatchObject({ live: false });
    await rollout('rollback');
    const shadow = await rollout(
      ...(['start', '--to', 'v2', '--strategy', 'shadow', '--sample', '10'] as const),
    );
    expect(shadow.stdout).toBe('house: champion v1, shadow v2 (sequence 7)\n');
    expect((await told()).rollout).toMatchObject({ strategy: 'shadow', share: 1, sample: 0.1 });
    expect((await rollout('status')).stdout).toContain('classifications only');
  }, 60_000);
});

describe('devices', () => {
  it('cannot vote on a step that has not begun', async () => {
    const { sequence } = await told();
    const early = await collector.send(devices('v2', 'canary', sequence + 1, { exposed: 1 }));
    expect([early.status, await codeOf(early)]).toEqual([400, 'batch_invalid']);
    await collector.rollout('start', { version: 'v2', canary: 10 });
    const later = await collector.send(devices('v2', 'canary', sequence + 1, { exposed: 1 }));
    expect(later.status).toBe(202);
  });
});
