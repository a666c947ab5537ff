/** What truths say of a reference: the calibration of a classifier, and figures for a person. */
import {
  type OutputSpec,
  type ReferenceProfile,
  SERIES,
  type SparseCounts,
  toDense,
  UNIT_BINS,
  UNIT_SIZE,
} from '@siskin/protocol';
import type { Labelled } from './definitions.ts';
import { isotonic } from './isotonic.ts';

type Counts = Readonly<Record<string, SparseCounts>>;

/**
 * Of a classification whose truths are known: the tables as a device counts them, and by confidence
 * bin the share of right answers to expect, isotonic.
 */
export function outcomesOf(output: OutputSpec, counts: Counts): ReferenceProfile['outcomes'] {
  const reliability = counts[SERIES.reliability];
  if (output.kind !== 'classification' || reliability === undefined) return undefined;
  const { rights, totals } = byBin(reliability);
  const shares = rights.map((right, bin) => right / Math.max(1, totals[bin]!));
  const confusion = counts[SERIES.confusion];
  return {
    reliability,
    ...(confusion !== undefined && { confusion }),
    calibration: Array.from(isotonic(shares, totals), (share) => Number(share.toPrecision(7))),
  };
}

/**
 * `accuracy` of a classification; `mean_absolute_error` of a regression, and `median_relative_error`
 * where no truth is 0.
 */
export function metricsOf(labelled: readonly Labelled[], counts: Counts): Record<string, number> {
  const reliability = counts[SERIES.reliability];
  if (reliability !== undefined) {
    const table = toDense(reliability, UNIT_SIZE * 2);
    const right = table.reduce((sum, count, at) => sum + (at % 2 === 1 ? count : 0), 0);
    return { accuracy: right / table.reduce((sum, count) => sum + count, 0) };
  }
  const errors: number[] = [];
  const relative: number[] = [];
  for (const { value, truth } of labelled) {
    if (value === null || typeof truth !== 'number') continue;
    errors.push(Math.abs(truth - value));
    relative.push(Math.abs((truth - value) / truth));
  }
  if (errors.length === 0) return {};
  const middle = relative.sort((a, b) => a - b)[relative.length >> 1]!;
  return {
    mean_absolute_error: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    ...(Number.isFinite(middle) && { median_relative_error: middle }),
  };
}

/** Right answers, and answers, by confidence bin. */
function byBin(reliability: SparseCounts): { rights: Float64Array; totals: Float64Array } {
  const table = toDense(reliability, UNIT_SIZE * 2);
  const rights = new Float64Array(UNIT_BINS);
  const totals = new Float64Array(UNIT_BINS);
  for (let bin = 0; bin < UNIT_BINS; bin++) {
    rights[bin] = table[2 * bin + 1]!;
    totals[bin] = table[2 * bin]! + rights[bin]!;
  }
  return { rights, totals };
}
