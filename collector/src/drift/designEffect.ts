/**
 * How much more a mean varies than it would if all observations were independent. Predictions of one
 * device are alike, so devices are clusters; each belongs to one random group for good, and the
 * variance between the groups' totals shows what clustering does (Kish 1965, §5.4; random groups:
 * Wolter 2007, ch. 2). Estimated for every probe by itself: one figure for all would be far too small
 * for a shift and too large for the tails.
 */
import { GROUPS } from '@siskin/protocol';
import type { Probes, Tally } from './probes.ts';

/**
 * Of the sum of some windows. Each window's own mean is taken out first: a shift in time is no variance
 * between devices, even where the groups' batches arrive at different times.
 * @returns by probe, ≥ 0; 1 where nothing varies.
 */
export function designEffects(probes: Probes, windows: readonly Tally[]): Float64Array {
  const effects = new Float64Array(probes.list.length);
  const residuals = new Float64Array(GROUPS);
  for (let probe = 0; probe < effects.length; probe++) {
    const rate = probes.list[probe]!.test === 'rate';
    residuals.fill(0);
    let expected = 0;
    for (const tally of windows) {
      const sizes = rate ? tally.all : tally.values;
      const from = probe * GROUPS;
      let n = 0;
      let total = 0;
      for (let group = 0; group < GROUPS; group++) {
        n += sizes[group]!;
        total += tally.sums[from + group]!;
      }
      if (n === 0) continue;
      const mean = total / n;
      // A standardised score has variance 1, a rate that of a Bernoulli trial.
      const variance = rate ? mean * (1 - mean) : 1;
      let concentration = 0;
      for (let group = 0; group < GROUPS; group++) {
        residuals[group]! += tally.sums[from + group]! - sizes[group]! * mean;
        concentration += (sizes[group]! / n) ** 2;
      }
      expected += n * variance * (1 - concentration);
    }
    let between = 0;
    for (let group = 0; group < GROUPS; group++) between += residuals[group]! ** 2;
    effects[probe] = expected < 1e-9 ? 1 : between / expected;
  }
  return effects;
}
