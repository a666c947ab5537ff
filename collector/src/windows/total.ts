/** Rows → one histogram a series, over all windows and groups, for each version and arm. */
import { type Arm, mergeSparse, type SparseCounts } from '@siskin/protocol';
import type { WindowRow } from '../store.ts';

export interface VersionTotals {
  version: string;
  arm: Arm;
  series: Map<string, SparseCounts>;
}

export function totalsOf(rows: readonly WindowRow[]): VersionTotals[] {
  const totals = new Map<string, VersionTotals>();
  for (const { version, arm, series, counts } of rows) {
    const key = `${version}\n${arm}`;
    let total = totals.get(key);
    if (total === undefined) {
      total = { version, arm, series: new Map() };
      totals.set(key, total);
    }
    const sum = total.series.get(series);
    total.series.set(series, sum === undefined ? counts : mergeSparse(sum, counts));
  }
  return [...totals.values()];
}
