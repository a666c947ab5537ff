/**
 * References that move with time: what devices counted before the windows under test, and never these
 * windows themselves or later ones. An alarm that compares with its own future would know what it cannot
 * have known, and one that compares with the windows under test would find them like themselves.
 */

import type { ComparableSeries } from '@siskin/protocol';
import { addSparse, type SparseCounts, sizeOf, toSparse } from '@siskin/protocol';
import type { GroupCounts, MovingReference } from './tested.ts';

/** Counts of one series by start of the window, epoch milliseconds, ascending. */
export type Counted = ReadonlyMap<number, GroupCounts>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const HOURS_OF_WEEK = 7 * 24;

/**
 * The days before the windows under test. It is renewed when it could move on by a tenth of its length:
 * a reference that moved with every window would cost a new basis of the test each time.
 */
export function recentReference(
  series: ComparableSeries,
  counted: Counted,
  days: number,
): MovingReference {
  const starts = [...counted.keys()];
  const sum = new Float64Array(sizeOf(series));
  const add = (start: number, sign: number): void => {
    for (const counts of counted.get(start)!) {
      if (counts === undefined) continue;
      for (let i = 0; i < counts.length; i += 2) sum[counts[i]!]! += sign * counts[i + 1]!;
    }
  };
  let from = 0; // index of the first window in the sum, and of the first that is not yet in it
  let to = 0;
  let until = Number.NEGATIVE_INFINITY;
  let current: SparseCounts | undefined;
  return ([first]) => {
    const length = to > from ? until - starts[from]! : 0;
    if (first === undefined || first < until + length / 10 || first === until) return current;
    for (; to < starts.length && starts[to]! < first; to++) add(starts[to]!, 1);
    for (; from < to && starts[from]! < first - days * DAY_MS; from++) add(starts[from]!, -1);
    until = first;
    current = to === from ? undefined : toSparse(sum);
    return current;
  };
}

/** Weeks that a seasonal reference looks back. */
const SEASONS = 4;

/**
 * The same hours of the week (UTC) as those of the windows under test, in the four weeks before. A week
 * that lacks one of these hours is left out: the others alone would be another time of the day.
 */
export function seasonalReference(series: ComparableSeries, counted: Counted): MovingReference {
  const size = sizeOf(series);
  const byHour = new Map<number, number[]>();
  for (const start of counted.keys()) {
    const hour = Math.floor(start / HOUR_MS);
    const those = byHour.get(hour);
    if (those === undefined) byHour.set(hour, [start]);
    else those.push(start);
  }
  const merged = new Map<number, SparseCounts>();
  const countsAt = (start: number): SparseCounts => {
    const known = merged.get(start);
    if (known !== undefined) return known;
    const sum = new Float64Array(size);
    for (const counts of counted.get(start)!) if (counts !== undefined) addSparse(sum, counts);
    const counts = toSparse(sum);
    merged.set(start, counts);
    return counts;
  };
  let key = '';
  let current: SparseCounts | undefined;
  return (windows) => {
    const hours = [...new Set(windows.map((start) => Math.floor(start / HOUR_MS)))];
    const starts = Array.from({ length: SEASONS }, (_, week) =>
      hours.map((hour) => byHour.get(hour - (week + 1) * HOURS_OF_WEEK) ?? []),
    ).flatMap((week) => (week.every((those) => those.length > 0) ? week.flat() : []));
    const next = starts.join();
    if (next !== key) {
      key = next;
      const sum = new Float64Array(size);
      for (const start of starts) addSparse(sum, countsAt(start));
      current = starts.length === 0 ? undefined : toSparse(sum);
    }
    return current;
  };
}
