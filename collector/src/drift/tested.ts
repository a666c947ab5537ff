/** What an alarm is given: a series, what it is compared with, and its counts window by window. */
import { type ComparableSeries, mergeSparse, type SparseCounts } from '@siskin/protocol';

/** Counts of a series in one window, by telemetry group. */
export type GroupCounts = readonly (SparseCounts | undefined)[];

export function sumOf(groups: GroupCounts): SparseCounts {
  return groups.reduce<SparseCounts>((a, b) => (b === undefined ? a : mergeSparse(a, b)), []);
}

/**
 * A reference that moves: what windows with these starts are compared with, and undefined where there is
 * nothing. As long as it answers with the same object, it is the same reference.
 */
export type MovingReference = (windows: readonly number[]) => SparseCounts | undefined;

export interface Tested {
  series: ComparableSeries;
  reference: SparseCounts | MovingReference;
  /** The reference is what devices counted earlier, not a training set. */
  clustered?: boolean;
}
