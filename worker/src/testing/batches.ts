/** Sealed windows for tests of what becomes of them. */
import { type BatchEntry, GROUPS, toBase64 } from '@siskin/protocol';
import type { SealedBatch } from '../database.ts';
import { VERSION } from '../version.ts';

export function newBatchId(): string {
  return toBase64(crypto.getRandomValues(new Uint8Array(16)));
}

/** @param series counts of model "m", version "v1". */
export function sealedBatch(
  series: BatchEntry['series'] = { predictions: [0, 3] },
  sealedAt = Date.now(),
): SealedBatch {
  return {
    sealedAt,
    batch: {
      v: 1,
      id: newBatchId(),
      group: sealedAt % GROUPS,
      sdk: VERSION,
      span: 60_000,
      entries: [{ model: 'm', version: 'v1', arm: 'champion', sequence: 1, series }],
    },
  };
}
