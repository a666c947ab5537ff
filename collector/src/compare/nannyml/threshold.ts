/**
 * NannyML's standard threshold: mean + 3σ (population) of a method's values over the reference's own
 * chunks, those without a value left out; never above what the method can reach (nannyml/thresholds.py).
 */
const SIGMAS = 3;

/** @param values by chunk, null where it has none. @returns undefined if no chunk has one. */
export function upperThreshold(values: readonly (number | null)[], limit = Infinity) {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return undefined;
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length;
  return Math.min(mean + SIGMAS * Math.sqrt(variance), limit);
}
