/** What the parts of a change in performance mean: significant *and* of a size that matters. */
import type { Part, Verdict } from '../conceptReport.ts';

/** Fewer labels, or labels of fewer groups of devices, are not judged. */
export const LEAST = { labels: 100, groups: 6 } as const;
/** Probability that one figure of an unshifted version looks significant. */
export const ALPHA = 0.01;

/** @param level significance that this figure needs, where several are looked at. */
export function matters({ value, p }: Part, size: number, level: number = ALPHA): boolean {
  return p < level && Math.abs(value) >= size;
}

export function verdictOf(
  { labels, groups }: { labels: number; groups: number },
  inputs: boolean,
  concept: boolean,
): Verdict {
  if (labels < LEAST.labels || groups < LEAST.groups) return 'not enough labels';
  if (concept) return inputs ? 'both' : 'concept drift';
  return inputs ? 'inputs explain it' : 'no drift';
}
