/** Rows → counts by window, series and telemetry group, for each version and arm: what an alarm follows. */
import { type Arm, GROUPS, mergeSparse, type SparseCounts } from '@siskin/protocol';
import type { WindowRow } from '../store.ts';

export type BySeries = Map<string, (SparseCounts | undefined)[]>;

export interface Timeline {
  version: string;
  arm: Arm;
  /** By start of the window, epoch milliseconds, ascending. */
  windows: Map<number, BySeries>;
}

/** @param length of the windows to make, ms: a multiple of those that are stored, or the same. */
export function timelinesOf(rows: readonly WindowRow[], length: number): Timeline[] {
  const timelines = new Map<string, Timeline>();
  for (const row of [...rows].sort((a, b) => a.window - b.window)) {
    const { version, arm, series, group, counts } = row;
    const key = `${version}\n${arm}`;
    const timeline = timelines.get(key) ?? { version, arm, windows: new Map() };
    timelines.set(key, timeline);
    const start = Math.floor(row.window / length) * length;
    const window: BySeries = timeline.windows.get(start) ?? new Map();
    timeline.windows.set(start, window);
    const groups = window.get(series) ?? Array.from({ length: GROUPS });
    window.set(series, groups);
    const known = groups[group];
    groups[group] = known === undefined ? counts : mergeSparse(known, counts);
  }
  return [...timelines.values()];
}

/** Multiples of the stored window that are round to people: 1, 5, 15 minutes, 1, 6 hours, a day. */
const LADDER = [1, 5, 15, 60, 360, 1440];
const ENOUGH_PREDICTIONS = 600;
const ENOUGH_WINDOWS = 6;

/**
 * The length of the windows that are judged: the shortest in which enough predictions fall to say
 * anything, as long as there remain windows enough to compare with each other.
 * @param predictions in `span` ms. @param stored length of the stored windows, ms.
 */
export function judgedLength(predictions: number, span: number, stored: number): number {
  const possible = LADDER.map((times) => times * stored).filter(
    (length, i) => i === 0 || span / length >= ENOUGH_WINDOWS,
  );
  return (
    possible.find((length) => (predictions * length) / span >= ENOUGH_PREDICTIONS) ??
    possible.at(-1)!
  );
}
