/**
 * NannyML's `chi2`: the statistic of the χ² test of independence between file and category, with Yates's
 * (1934) correction where there are two categories. It alerts at p < .05 and knows no other threshold.
 */
import { chiSquareSurvival } from '../../distances/chiSquareSurvival.ts';
import { sum } from './shares.ts';

export const CHI2_LEVEL = 0.05;

export interface Chi2 {
  statistic: number;
  p: number;
}

/** @param reference counts by category; @param chunk likewise. Neither is all 0. */
export function chi2(reference: Float64Array, chunk: Float64Array): Chi2 {
  const m = sum(reference);
  const n = sum(chunk);
  const used = [...reference.keys()].filter((i) => reference[i]! + chunk[i]! > 0);
  if (used.length < 2) return { statistic: 0, p: 1 };
  const correction = used.length === 2 ? 0.5 : 0;
  let statistic = 0;
  for (const i of used) {
    const both = reference[i]! + chunk[i]!;
    const [expected, expectedChunk] = [(both * m) / (m + n), (both * n) / (m + n)];
    // The same in both rows, the sign apart.
    const gap = Math.abs(reference[i]! - expected);
    const corrected = gap - Math.min(correction, gap);
    statistic += corrected ** 2 / expected + corrected ** 2 / expectedChunk;
  }
  return { statistic, p: chiSquareSurvival(statistic, used.length - 1) };
}
