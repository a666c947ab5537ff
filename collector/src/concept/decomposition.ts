/**
 * Which drift is it? A performance figure (share of right answers, mean size of a residual) is a mean
 * over strata: confidence bins, bands of the predicted value. With n_k labels in stratum k and the
 * reference's mean y_k there, Σ n_k·y_k / n is what the reference expects of *these* predictions, and
 *
 *     now − reference = (expected − reference) + (now − expected):
 *
 * the first part is what the shift of the inputs explains, the second is concept drift. Direct
 * standardisation; for accuracies it is the idea of NannyML's CBPE.
 *
 * Standard errors: devices are clusters, {@link jackknife}; and the reference is a sample, too.
 */
import type { Decomposition } from '../conceptReport.ts';
import { jackknife } from './jackknife.ts';
import { partOf } from './part.ts';

/** Of one stratum, in the reference. */
export interface Stratum {
  n: number;
  /** The figure that is expected there. */
  mean: number;
  /** Of the figure of a single prediction. */
  variance: number;
}

/** Labels and sum of the figure: n of stratum 0, sum of stratum 0, n of stratum 1, … */
export type Tallied = Float64Array;

/**
 * @param reference its strata.
 * @param overall the reference's own figure.
 * @param groups by telemetry group, what was counted since; labels in strata that the reference
 *   lacks (n = 0) must not be in it.
 * @returns undefined where fewer than two groups have labels.
 */
export function decompose(
  reference: readonly Stratum[],
  overall: number,
  groups: readonly Tallied[],
): Decomposition | undefined {
  const expected = (counts: Tallied) => {
    let n = 0;
    let sum = 0;
    for (const [k, { mean }] of reference.entries()) {
      n += counts[2 * k]!;
      sum += counts[2 * k]! * mean;
    }
    return sum / n;
  };
  const realised = (counts: Tallied) => {
    let n = 0;
    let sum = 0;
    for (let k = 0; k < reference.length; k++) {
      n += counts[2 * k]!;
      sum += counts[2 * k + 1]!;
    }
    return sum / n;
  };
  const estimate = jackknife(groups, expected);
  const residue = jackknife(groups, (counts) => realised(counts) - expected(counts));
  if (estimate === undefined || residue === undefined) return undefined;

  const labels = reference.map((_, k) => groups.reduce((sum, group) => sum + group[2 * k]!, 0));
  const n = labels.reduce((sum, count) => sum + count, 0);
  const m = reference.reduce((sum, stratum) => sum + stratum.n, 0);
  let variance = 0;
  let mix = 0;
  let between = 0;
  for (const [k, stratum] of reference.entries()) {
    if (stratum.n === 0) continue;
    const share = labels[k]! / n;
    const usual = stratum.n / m;
    // The means of the strata were learnt from the reference's rows, and so was their mix.
    variance += share ** 2 * (stratum.variance / stratum.n);
    mix += (share - usual) ** 2 * (stratum.variance / stratum.n);
    between += usual * (stratum.mean - overall) ** 2;
  }
  return {
    labels: n,
    groups: estimate.groups,
    reference: overall,
    estimated: estimate.value,
    realised: estimate.value + residue.value,
    inputShift: partOf({ ...estimate, value: estimate.value - overall }, mix + between / m),
    conceptShift: partOf(residue, variance),
  };
}
