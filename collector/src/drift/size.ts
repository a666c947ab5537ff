/** How large a shift is, apart from whether it is chance. */
import { GROUPS, type SparseCounts } from '@siskin/protocol';
import { sum } from '../distribution.ts';
import type { Look } from './follow.ts';
import { measure } from './measure.ts';
import type { SizeFloors } from './policy.ts';
import type { Tally } from './probes.ts';
import type { Tested } from './tested.ts';

export type Size = SizeFloors;

/** @param current some of the windows of `look`, or one. @param tally what these say. */
export function sizeOfShift(
  { series, clustered }: Tested,
  { probes, reference, deffs }: Look,
  current: SparseCounts,
  tally: Tally,
): Size {
  const { psi, bins, wasserstein } = measure(series, reference, current);
  const n = sum(tally.values);
  // Clustered counts make a PSI of noise larger: by the mean of the design effects.
  const body = deffs.filter((_, probe) => probes.list[probe]!.test !== 'rate');
  const deff = body.length === 0 ? 1 : sum(body) / body.length;
  const noise =
    (bins.length - 1) * (deff / n + (clustered === true ? deff : 1) / probes.referenceValues);
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
