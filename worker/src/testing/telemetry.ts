/** Telemetry with a network that takes everything, unless a test says otherwise. */
import { gunzipSync } from 'node:zlib';
import { type Batch, catalogueOf, checkEntry, parseBatch } from '@siskin/protocol';
import type { EngineEvent } from '../api.ts';
import { Telemetry, type TelemetryOptions } from '../telemetry.ts';
import { testDatabase } from './database.ts';
import { VERSION_OF_M } from './live.ts';

export const CATALOGUE_OF_M = catalogueOf(VERSION_OF_M.spec, VERSION_OF_M.series);

export interface TestTelemetry {
  telemetry: Telemetry;
  /** What the network took, checked as a collector would. */
  sent: Batch[];
  events: EngineEvent[];
  clock: { now: number };
}

/** @param answer status that a batch is answered with. */
export async function createTelemetry(
  options: Partial<TelemetryOptions> = {},
  answer: (batch: Batch) => number = () => 202,
): Promise<TestTelemetry> {
  const sent: Batch[] = [];
  const events: EngineEvent[] = [];
  const clock = { now: 1_800_000_000_000 };
  const telemetry = new Telemetry({
    url: 'http://collector.invalid/v1/batches/key',
    group: 3,
    windowMs: 60_000,
    consent: true,
    database: await testDatabase(),
    fetch: async (_, init) => {
      const body = new Uint8Array(await new Response(init!.body).arrayBuffer());
      const plain = body[0] === 0x1f ? gunzipSync(body) : body;
      const batch = parseBatch(JSON.parse(new TextDecoder().decode(plain)));
      for (const entry of batch.entries) checkEntry(entry, CATALOGUE_OF_M);
      const status = answer(batch);
      if (status === 202) sent.push(batch);
      return new Response('{}', { status });
    },
    now: () => clock.now,
    random: () => 0.5,
    catalogue: () => CATALOGUE_OF_M,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { telemetry, sent, events, clock };
}

/** All counts of a series over all entries of all batches, by bin. */
export function countsOf(
  batches: readonly Pick<Batch, 'entries'>[],
  series: string,
): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { entries } of batches) {
    for (const entry of entries) {
      const sparse = entry.series[series] ?? [];
      for (let i = 0; i < sparse.length; i += 2) {
        counts[sparse[i]!] = (counts[sparse[i]!] ?? 0) + sparse[i + 1]!;
      }
    }
  }
  return counts;
}
