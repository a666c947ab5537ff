/**
 * What every storage engine must do: one suite, run on each. A factory opens an empty store; `reopen`
 * closes it and opens the same data again, as a restart does.
 */
import { addSparse, DECISIONS, type SparseCounts } from '@siskin/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  BatchRef,
  Deployment,
  RolloutState,
  Store,
  VersionRecord,
  WindowRow,
} from '../store.ts';

export interface StoreUnderTest {
  store: Store;
  reopen(): Promise<Store>;
  /** Closes and removes it. */
  dispose(): Promise<void>;
}

const EVER = { from: 0, until: Number.MAX_SAFE_INTEGER };
const MINUTE = 60_000;

function row(changes: Partial<WindowRow> = {}): WindowRow {
  return {
    app: 'shop',
    model: 'house',
    version: 'v1',
    arm: 'champion',
    series: 'input/area',
    group: 3,
    window: 5 * MINUTE,
    counts: [215, 2, 300, 1],
    ...changes,
  };
}

const batch = (id: string, changes: Partial<BatchRef> = {}): BatchRef => ({
  app: 'shop',
  id,
  receivedAt: 6 * MINUTE,
  ...changes,
});

const version: VersionRecord = {
  app: 'shop',
  model: 'house',
  version: 'v1',
  spec: {
    name: 'house',
    version: 'v1',
    format: 'onnx',
    files: ['model.onnx'],
    inputs: [{ name: 'area', kind: 'numeric', mean: 0, scale: 1 }],
    outputs: [{ kind: 'regression', transform: 'identity' }],
    automation: { level: 'assist', threshold: 0.5 },
    notes: 'quotes " and \u2028 and 🐦',
  },
  profile: {
    v: 1,
    source: 'a test',
    n: 3,
    series: [{ definition: { name: 'input/area', kind: 'unit' }, counts: [1, 3] }],
    metrics: { rmse: 0.1 },
  },
  files: [{ name: 'model.onnx', sha256: 'a'.repeat(64), bytes: 5_000_000_000 }],
  selfTest: { name: 'selftest.json', sha256: 'b'.repeat(64), bytes: 7 },
  digest: 'c'.repeat(64),
  createdAt: 1_900_000_000_000,
};

const deployment = (sequence: number, changes: Partial<Deployment> = {}): Deployment => ({
  app: 'shop',
  model: 'house',
  sequence,
  champion: 'v1',
  cause: 'publish',
  at: sequence * 1000,
  ...changes,
});

const byKey = (a: WindowRow, b: WindowRow): number =>
  JSON.stringify({ ...a, counts: 0 }) < JSON.stringify({ ...b, counts: 0 }) ? -1 : 1;

export function storeConformance(engine: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${engine} as a store`, () => {
    let subject: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      subject = await open();
      store = subject.store;
      for (const name of ['shop', 'bank']) {
        await store.control.createApp({
          name,
          writeKey: `pk_${name}`,
          secretHash: `hash of ${name}`,
          createdAt: 1,
        });
      }
    });
    afterEach(() => subject.dispose());

    describe('counts', () => {
      it('keeps what was appended, also across a restart', async () => {
        const rows = [row(), row({ series: 'user/signal', counts: [0, 1] }), row({ group: 4 })];
        expect(await store.counts.append([batch('a')], () => rows)).toEqual([true]);
        store = await subject.reopen();
        const read = await store.counts.read({ app: 'shop', model: 'house', ...EVER });
        expect(read.sort(byKey)).toEqual(rows.sort(byKey));
      });

      it('adds to what is there, key by key', async () => {
        await store.counts.append([batch('a')], () => [row(), row({ window: 9 * MINUTE })]);
        await store.counts.append([batch('b')], () => [row({ counts: [7, 1, 300, 4] })]);
        const read = await store.counts.read({ app: 'shop', model: 'house', ...EVER });
        expect(read.sort(byKey)).toEqual(
          [row({ counts: [7, 1, 215, 2, 300, 5] }), row({ window: 9 * MINUTE })].sort(byKey),
        );
      });

      it('tells a batch it has seen, in the same call, later and after a restart', async () => {
        const told: boolean[][] = [];
        const rowsOf = (isNew: readonly boolean[]) => {
          told.push([...isNew]);
          return isNew.flatMap((fresh, i) => (fresh ? [row({ window: i * MINUTE })] : []));
        };
        const first = await store.counts.append([batch('a'), batch('a'), batch('b')], rowsOf);
        expect(first).toEqual([true, false, true]);
        store = await subject.reopen();
        expect(await store.counts.append([batch('b'), batch('c')], rowsOf)).toEqual([false, true]);
        expect(told).toEqual([
          [true, false, true],
          [false, true],
        ]);
        expect(await store.counts.read({ app: 'shop', model: 'house', ...EVER })).toHaveLength(3);
      });

      it('knows batch ids by app', async () => {
        const isNew = await store.counts.append(
          [batch('a'), batch('a', { app: 'bank' })],
          () => [],
        );
        expect(isNew).toEqual([true, true]);
      });

      it('does all of an append or nothing', async () => {
        const failing = store.counts.append([batch('a')], () => {
          throw new Error('no rows');
        });
        await expect(failing).rejects.toThrow('no rows');
        const halfway = store.counts.append([batch('a')], () => [
          row(),
          row({ counts: undefined as unknown as SparseCounts }),
        ]);
        await expect(halfway).rejects.toThrow();
        expect(await store.counts.read({ app: 'shop', model: 'house', ...EVER })).toEqual([]);
        expect(await store.counts.append([batch('a')], () => [row()])).toEqual([true]);
        expect(await store.counts.read({ app: 'shop', model: 'house', ...EVER })).toEqual([row()]);
      });

      it('reads by app, model and time: from inclusive, until exclusive', async () => {
        const rows = [1, 2, 3].map((minute) => row({ window: minute * MINUTE }));
        const others = [row({ app: 'bank' }), row({ model: 'digits' })];
        await store.counts.append([batch('a')], () => [...rows, ...others]);
        const query = { app: 'shop', model: 'house', from: 2 * MINUTE, until: 3 * MINUTE };
        expect(await store.counts.read(query)).toEqual([rows[1]]);
      });

      it('reads series by the beginning of their names, which is no pattern', async () => {
        const names = ['unit/event#1', 'unit/event#12', 'Unit/event', 'unit', 'a%b', 'a_b/c'];
        await store.counts.append([batch('a')], () => names.map((series) => row({ series })));
        const named = async (prefix: string): Promise<string[]> => {
          const query = { app: 'shop', model: 'house', ...EVER, prefix };
          return (await store.counts.read(query)).map(({ series }) => series).sort();
        };
        expect(await named('unit/')).toEqual(['unit/event#1', 'unit/event#12']);
        expect(await named('unit/event#12')).toEqual(['unit/event#12']);
        expect(await named('a_')).toEqual(['a_b/c']);
        expect(await named('%')).toEqual([]);
        expect(await named('')).toEqual([...names].sort());
      });

      it('forgets batch ids by age and keeps their counts', async () => {
        await store.counts.append([batch('old', { receivedAt: 10 })], () => [row()]);
        await store.counts.append([batch('young', { receivedAt: 20 })], () => []);
        expect(await store.counts.forgetBatches(20)).toBe(1);
        expect(await store.counts.append([batch('young')], () => [])).toEqual([false]);
        expect(await store.counts.append([batch('old')], () => [])).toEqual([true]);
        expect(await store.counts.read({ app: 'shop', model: 'house', ...EVER })).toHaveLength(1);
      });

      it('sums to the same whatever the order and the grouping of appends', async () => {
        const SIZE = 500;
        const counts = fc.uniqueArray(fc.nat(SIZE - 1), { maxLength: 12 }).chain((bins) =>
          fc
            .array(
              fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 40 })),
              {
                minLength: bins.length,
                maxLength: bins.length,
              },
            )
            .map((values) => bins.sort((a, b) => a - b).flatMap((bin, i) => [bin, values[i]!])),
        );
        let run = 0;
        await fc.assert(
          fc.asyncProperty(
            fc.array(fc.array(counts, { minLength: 1, maxLength: 3 }), { maxLength: 5 }),
            async (appends) => {
              const series = `run-${run++}`;
              const expected = new Float64Array(SIZE);
              for (const [i, histograms] of appends.entries()) {
                for (const histogram of histograms) addSparse(expected, histogram);
                const rows = histograms.map((h, group) => row({ series, group, counts: h }));
                await store.counts.append([batch(`${series}-${i}`)], () => rows);
              }
              const sum = new Float64Array(SIZE);
              const read = await store.counts.read({ app: 'shop', model: 'house', ...EVER });
              for (const r of read) if (r.series === series) addSparse(sum, r.counts);
              expect(sum).toEqual(expected);
            },
          ),
          { numRuns: 40, seed: 7 },
        );
      });
    });

    describe('control plane', () => {
      it('finds apps by name and by write key', async () => {
        const shop = {
          name: 'shop',
          writeKey: 'pk_shop',
          secretHash: 'hash of shop',
          createdAt: 1,
        };
        expect(await store.control.app('shop')).toEqual(shop);
        expect(await store.control.appOfKey('pk_shop')).toEqual(shop);
        expect(await store.control.app('nobody')).toBeUndefined();
        expect(await store.control.appOfKey('pk_nobody')).toBeUndefined();
        expect((await store.control.apps()).map((app) => app.name)).toEqual(['bank', 'shop']);
        await expect(store.control.createApp({ ...shop, writeKey: 'pk_x' })).rejects.toMatchObject({
          code: 'conflict',
        });
      });

      it('keeps versions whole, across a restart, and never lets one change', async () => {
        await store.control.change('shop', (tx) => tx.addVersion(version));
        store = await subject.reopen();
        expect(await store.control.version('shop', 'house', 'v1')).toEqual(version);
        expect(await store.control.version('bank', 'house', 'v1')).toBeUndefined();
        const again = store.control.change('shop', (tx) =>
          tx.addVersion({ ...version, digest: 'd' }),
        );
        await expect(again).rejects.toThrow();
        expect(await store.control.versions('shop', 'house')).toEqual([version]);
      });

      it('seals a version, and seals it again, across a restart', async () => {
        const seal = (record: string) => ({ record, signatures: [{ keyid: 'a', sig: 'AAAA' }] });
        await store.control.change('shop', async (tx) => {
          await tx.addVersion(version);
          await tx.putSeal('shop', 'house', 'v1', seal('first'));
          await tx.putSeal('shop', 'house', 'v1', seal('second'));
        });
        store = await subject.reopen();
        const sealed = { ...version, seal: seal('second') };
        expect(await store.control.version('shop', 'house', 'v1')).toEqual(sealed);
        expect(await store.control.versions('shop', 'house')).toEqual([sealed]);
      });

      it('tells what is live, and what was when', async () => {
        const rollout: RolloutState = {
          ...{ strategy: 'canary', version: 'v2', share: 0.1, salt: 's', state: 'running' },
          ...{ from: 2, since: 2000, edges: { p95_latency: 290 } },
        };
        const automation = { level: 'partial', threshold: 0.8 } as const;
        const history = [
          deployment(1),
          deployment(2, { rollout, cause: 'start', keep: ['v1'], by: 'me', why: '"so"\n🐦' }),
          deployment(4, { champion: 'v2', cause: 'promote', off: true, pinned: true, automation }),
        ];
        const other = deployment(3, { model: 'digits' });
        const foreign = deployment(9, { app: 'bank' });
        for (const d of [...history, other, foreign]) {
          await store.control.change(d.app, (tx) => tx.addDeployment(d));
        }
        expect(await store.control.live('shop')).toEqual([other, history[2]]);
        expect(await store.control.deployments('shop', 'house')).toEqual(history.reverse());
        const again = store.control.change('shop', (tx) => tx.addDeployment(deployment(4)));
        await expect(again).rejects.toThrow();
      });

      it('holds one manifest an app: the last', async () => {
        expect(await store.control.manifest('shop')).toBeUndefined();
        const issued = { app: 'shop', sequence: 1, issued: 5, expires: 9, envelope: '{"a":1}' };
        await store.control.change('shop', (tx) => tx.putManifest(issued));
        await store.control.change('shop', (tx) => tx.putManifest({ ...issued, sequence: 2 }));
        expect(await store.control.manifest('shop')).toEqual({ ...issued, sequence: 2 });
        expect(await store.control.manifest('bank')).toBeUndefined();
      });

      it('appends to the audit log', async () => {
        const entries = [1, 2, 3].map((at) => ({
          app: 'shop',
          at,
          action: 'publish',
          detail: { decision: DECISIONS[0], at },
          ...(at === 2 && { model: 'house' }),
        }));
        for (const entry of entries) {
          await store.control.change('shop', (tx) => tx.addAudit(entry));
        }
        expect(await store.control.audit('shop', 2)).toEqual([entries[2], entries[1]]);
        expect(await store.control.audit('bank', 10)).toEqual([]);
      });

      it('does all of a change or nothing', async () => {
        const failing = store.control.change('shop', async (tx) => {
          await tx.addVersion(version);
          await tx.addAudit({ app: 'shop', at: 1, action: 'publish', detail: {} });
          expect(await tx.version('shop', 'house', 'v1')).toBeDefined();
          throw new Error('halfway');
        });
        await expect(failing).rejects.toThrow('halfway');
        expect(await store.control.versions('shop', 'house')).toEqual([]);
        expect(await store.control.audit('shop', 10)).toEqual([]);
      });

      it('leases what one may do at a time, until it expires', async () => {
        const { control } = store;
        expect(await control.lease('judge', 'a', 1000, 100)).toBe(true);
        expect(await control.lease('judge', 'b', 1050, 100)).toBe(false);
        expect(await control.lease('other', 'b', 1050, 100)).toBe(true);
        expect(await control.lease('judge', 'a', 1050, 100)).toBe(true); // until 1150
        store = await subject.reopen();
        expect(await store.control.lease('judge', 'b', 1149, 100)).toBe(false);
        expect(await store.control.lease('judge', 'b', 1150, 100)).toBe(true);
        expect(await store.control.lease('judge', 'a', 1200, 100)).toBe(false);
      });

      it('gives a lease to one of many who ask at once', async () => {
        const asked = Array.from({ length: 20 }, (_, i) =>
          store.control.lease('judge', `holder ${i}`, 1000, 100),
        );
        expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(1);
      });

      it('refuses to change an app that is not there', async () => {
        await expect(store.control.change('nobody', async () => 1)).rejects.toMatchObject({
          code: 'not_found',
        });
      });

      it('changes one app after another’s change, while counts come in', async () => {
        // Each change reads the sequence and writes the next: two at once would write one twice.
        const change = (): Promise<void> =>
          store.control.change('shop', async (tx) => {
            const sequence = ((await tx.manifest('shop'))?.sequence ?? 0) + 1;
            await tx.addDeployment(deployment(sequence));
            await tx.putManifest({
              app: 'shop',
              sequence,
              issued: 0,
              expires: 1,
              envelope: String(sequence),
            });
          });
        const appends = Array.from(
          { length: 20 },
          (_, i) =>
            new Promise((resolve, reject) => {
              setImmediate(() =>
                store.counts.append([batch(`b${i}`)], () => [row()]).then(resolve, reject),
              );
            }),
        );
        await Promise.all([...Array.from({ length: 20 }, change), ...appends]);
        expect((await store.control.manifest('shop'))?.sequence).toBe(20);
        expect(await store.control.deployments('shop', 'house')).toHaveLength(20);
        const [sum] = await store.counts.read({ app: 'shop', model: 'house', ...EVER });
        expect(sum?.counts).toEqual([215, 40, 300, 20]);
      });
    });
  });
}
