/** Batches → rows: equal keys become one histogram, by addition. */
import { type Batch, mergeSparse } from '@siskin/protocol';
import type { WindowRow } from '../store.ts';

/**
 * Series of devices are judged by the step of a rollout in which they were counted, so their stored names
 * say the sequence: `unit/event#12`.
 */
const UNIT = 'unit/';

export interface WindowedBatch {
  app: string;
  batch: Batch;
  /** Start of the window, epoch milliseconds. */
  window: number;
}

export function fold(batches: readonly WindowedBatch[]): WindowRow[] {
  const rows = new Map<string, WindowRow>();
  for (const { app, batch, window } of batches) {
    for (const entry of batch.entries) {
      const prefix = `${app}\n${entry.model}\n${entry.version}\n${entry.arm}\n${batch.group}\n${window}\n`;
      for (const [name, counts] of Object.entries(entry.series)) {
        const series = name.startsWith(UNIT) ? `${name}#${entry.sequence}` : name;
        const key = prefix + series;
        const row = rows.get(key);
        if (row !== undefined) row.counts = mergeSparse(row.counts, counts);
        else {
          const { model, version, arm } = entry;
          rows.set(key, { app, model, version, arm, series, group: batch.group, window, counts });
        }
      }
    }
  }
  return [...rows.values()];
}
