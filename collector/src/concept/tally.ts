/** Rows of one version and arm → dense counts of a series, by telemetry group or by window. */
import { addSparse, GROUPS, type SparseCounts } from '@siskin/protocol';

/** One histogram of one window and group. */
export interface ConceptRow {
  series: string;
  group: number;
  /** Start, epoch milliseconds. */
  window: number;
  counts: SparseCounts;
}

/** By group, 0 … 15; a group that sent nothing has zeros. */
export function byGroup(
  rows: readonly ConceptRow[],
  series: string,
  size: number,
): Float64Array<ArrayBuffer>[] {
  const groups = Array.from({ length: GROUPS }, () => new Float64Array(size));
  for (const row of rows) if (row.series === series) addSparse(groups[row.group]!, row.counts);
  return groups;
}

/** By window, the earliest first. */
export function byWindow(
  rows: readonly ConceptRow[],
  series: string,
  size: number,
): [window: number, counts: Float64Array][] {
  const windows = new Map<number, Float64Array<ArrayBuffer>>();
  for (const row of rows) {
    if (row.series !== series) continue;
    const counts = windows.get(row.window) ?? new Float64Array(size);
    windows.set(row.window, addSparse(counts, row.counts) as Float64Array<ArrayBuffer>);
  }
  return [...windows].sort(([a], [b]) => a - b);
}

export function sumOf(parts: readonly Float64Array[], size: number): Float64Array<ArrayBuffer> {
  const total = new Float64Array(size);
  for (const part of parts) for (let i = 0; i < size; i++) total[i]! += part[i]!;
  return total;
}
