/** How large a shift is, apart from whether it is chance. */
import { type ComparableSeries, GROUPS, type SparseCounts } from '@siskin/protocol';
import { sum } from '../distribution.ts';
import { measure } from './measure.ts';
import type { SizeFloors } from './policy.ts';
import type { Probes, Tally } from './probes.ts';

export type Size = SizeFloors;

/** @param deff mean design effect: clustered counts make a PSI of noise larger. */
export function sizeOfShift(
  series: ComparableSeries,
  reference: SparseCounts,
  current: SparseCounts,
  probes: Probes,
  tally: Tally,
  deff: number,
): Size {
  const { psi, bins, wasserstein } = measure(series, reference, current);
  const n = sum(tally.values);
  const noise = (bins.length - 1) * (deff / n + 1 / probes.referenceValues);
  const all = sum(tally.all);
  const rises = probes.list.map(({ test, share }, probe) =>
    test === 'rate' && all > 0
      ? sum(tally.sums.subarray(probe * GROUPS, (probe + 1) * GROUPS)) / all - share
      : 0,
  );
  return {
    psi: psi === null ? 0 : Math.max(0, psi - noise),
    wasserstein: wasserstein ?? 0,
    rate: Math.max(0, ...rises),
  };
}

/** The largest multiple of its floor; ≥ 1 matters. */
export function severityOf(size: Size, floors: SizeFloors): number {
  const ratio = (name: keyof Size): number =>
    size[name] === 0 ? 0 : floors[name] === 0 ? Number.MAX_VALUE : size[name] / floors[name];
  return Math.max(ratio('psi'), ratio('wasserstein'), ratio('rate'));
}
