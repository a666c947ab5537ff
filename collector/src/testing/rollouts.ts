/** A database with a model of two versions, and devices that report, without a server: for rollouts. */
import { join } from 'node:path';
import {
  ARMS,
  binOf,
  categoryBinOf,
  IDENTITY,
  parseProfile,
  parseSpec,
  SERIES,
  type SeriesCounts,
  toSparse,
  UNIT_EVENTS,
  type UnitEvent,
} from '@siskin/protocol';
import { onTestFinished } from 'vitest';
import { Delivery, type Planner } from '../delivery/delivery.ts';
import { keyringOf } from '../delivery/keyring.ts';
import { parseAsked } from '../delivery/policy.ts';
import { start } from '../delivery/rollouts.ts';
import { newSigningKey } from '../delivery/signing.ts';
import { type EvaluatorOptions, evaluator, judgementOf } from '../evaluating.ts';
import { edgeFreezer } from '../freezing.ts';
import { openSqlite } from '../store/sqlite/open.ts';
import type { Deployment, Store } from '../store.ts';
import { fold } from '../windows/fold.ts';
import { temporaryFolder } from './folder.ts';
import { MODEL, PROFILE, spec } from './model.ts';
import { uniform } from './random.ts';

const APP = 'shop';
const MINUTE = 60_000;

/** Probability of an event per device; `latency` is the device's typical one, ms. */
export type Rates = Partial<Record<UnitEvent, number>> & {
  latency?: (random: () => number) => number;
};

export async function startRolloutTest(seed = 1) {
  const path = join(temporaryFolder(), 'siskin.db');
  const random = uniform(seed);
  let time = 1_900_000_000_000;
  let salts = 0;
  let batches = 0;
  const key = keyringOf([newSigningKey()], undefined);

  /** Everything that a collector's process has of its own. */
  function process(holder: string, changes: Partial<EvaluatorOptions> = {}) {
    const store: Store = openSqlite(path);
    onTestFinished(() => store.close());
    const now = (): number => time;
    const delivery = new Delivery({
      control: store.control,
      keys: () => key,
      validityMs: 24 * 60 * MINUTE,
      now,
      newSalt: () => `salt ${++salts}`,
      announce: () => undefined,
    });
    const onFault = (error: unknown): never => {
      throw error;
    };
    const options = { store, delivery, holder, everyMs: 5000, now, onFault, ...changes };
    return { store, delivery, ...evaluator(options) };
  }

  const first = process('first');
  const { store, delivery } = first;
  await store.control.createApp({ name: APP, writeKey: 'k', secretHash: 'h', createdAt: time });
  await delivery.renew(APP);
  for (const version of ['v1', 'v2', 'v3']) {
    const content = { spec: parseSpec(spec(version)), profile: parseProfile(PROFILE) };
    const file = { name: 'model.onnx', sha256: 'a'.repeat(64), bytes: 1 };
    const publication = { model: MODEL, version, ...content, files: [file], digest: version };
    await delivery.publish(APP, publication, { by: 'test', allowSchemaChange: false });
  }

  const test = {
    ...first,
    process,
    wait(ms: number): void {
      time += ms;
    },
    current: async (): Promise<Deployment> => (await store.control.deployments(APP, MODEL))[0]!,
    history: () => store.control.deployments(APP, MODEL),
    audit: () => store.control.audit(APP, 100),
    judgement: async () => (await judgementOf(store, APP, MODEL, time))!.judgement,
    step: (plan: Planner) => delivery.step(APP, MODEL, plan, { by: 'a person' }),
    start: (asked: object) => test.startOf(MODEL, asked),
    async startOf(model: string, asked: object): Promise<Deployment> {
      const parsed = parseAsked({ version: 'v2', ...asked });
      const guards = parsed.policy?.guards.map(({ name }) => name) ?? [];
      const [champion] = await store.control.deployments(APP, model);
      const edges = await edgeFreezer(store.counts, () => time)(champion!, guards);
      const plan: Planner = ([current], moment) => start(current!, { ...parsed, edges }, moment);
      return (await delivery.step(APP, model, plan, { by: 'a person' }))!;
    },
    /** `n` devices that come now: each in an arm by the rollout's share, and bad by its arm's rates. */
    async devices(n: number, rates: Partial<Record<'champion' | 'canary', Rates>> = {}) {
      const { sequence, champion, rollout } = await test.current();
      const arms = { champion: counters(), canary: counters() };
      for (let i = 0; i < n; i++) {
        const arm = random() < (rollout?.share ?? 0) ? 'canary' : 'champion';
        const { latency, ...events } = rates[arm] ?? {};
        const count = arms[arm];
        count.event('exposed');
        for (const [event, rate] of Object.entries(events)) {
          if (random() < rate) count.event(event as UnitEvent);
        }
        if (latency !== undefined) count.latency(latency(random));
      }
      const entries = ARMS.flatMap((arm) => {
        if (arm === 'shadow') return [];
        const version = arm === 'canary' ? rollout?.version : champion;
        const series = arms[arm].series();
        return version === undefined ? [] : [{ model: MODEL, version, arm, sequence, series }];
      });
      await test.count(entries);
    },
    async count(
      entries: {
        model: string;
        version: string;
        arm: (typeof ARMS)[number];
        sequence: number;
        series: SeriesCounts;
      }[],
    ) {
      const id = `batch ${++batches}`;
      const batch = { v: 1 as const, id, group: batches % 16, sdk: '0.0.0', age: 0, span: 1 };
      const window = Math.floor(time / MINUTE) * MINUTE;
      await store.counts.append([{ app: APP, id, receivedAt: time }], () =>
        fold([{ app: APP, batch: { ...batch, entries }, window }]),
      );
    },
    /** Minute by minute until nothing of a rollout is running: devices come, and the evaluator looks. */
    async run(
      minutes: number,
      perMinute: number,
      rates?: Partial<Record<'champion' | 'canary', Rates>>,
    ): Promise<Deployment> {
      for (let minute = 0; minute < minutes; minute++) {
        if ((await test.current()).rollout?.state !== 'running') break;
        await test.devices(perMinute, rates);
        test.wait(MINUTE);
        await first.look();
      }
      return test.current();
    },
  };
  return test;
}

function counters() {
  const events = new Float64Array(UNIT_EVENTS.length + 2);
  const latencies = new Float64Array(500);
  return {
    event(event: UnitEvent): void {
      events[categoryBinOf(event, UNIT_EVENTS)]!++;
    },
    latency(ms: number): void {
      latencies[binOf(ms, IDENTITY)]!++;
    },
    series: (): SeriesCounts => ({
      [SERIES.unit]: toSparse(events),
      [SERIES.unitLatency]: toSparse(latencies),
    }),
  };
}
