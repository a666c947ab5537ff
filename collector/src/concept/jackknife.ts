/**
 * The delete-a-group jackknife: how far a figure would move if other devices had been asked. Devices
 * are clusters, predictions of one device are alike; each device is in one random group for good, so
 * what varies between groups is what varies between devices.
 *
 * Kott (2001), The delete-a-group jackknife, Journal of Official Statistics 17(4), 521–526:
 * variance (G − 1)/G · Σ_g (θ₍₋g₎ − θ̄)² over the G groups that hold anything.
 */
export interface Jackknifed {
  value: number;
  variance: number;
  /** Groups that hold anything; degrees of freedom are one less. */
  groups: number;
}

/**
 * @param parts what each group counted, of one length.
 * @param figure of any sum of parts; must be finite for each sum that leaves one part out.
 * @returns undefined with fewer than two groups: nothing is known of devices then.
 */
export function jackknife(
  parts: readonly Float64Array[],
  figure: (counts: Float64Array) => number,
): Jackknifed | undefined {
  const filled = parts.filter((part) => part.some((count) => count !== 0));
  const groups = filled.length;
  if (groups < 2) return undefined;
  const total = new Float64Array(filled[0]!.length);
  for (const part of filled) for (let i = 0; i < total.length; i++) total[i]! += part[i]!;
  const without = filled.map((part) => figure(total.map((count, i) => count - part[i]!)));
  const mean = without.reduce((sum, value) => sum + value, 0) / groups;
  const squares = without.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { value: figure(total), variance: ((groups - 1) / groups) * squares, groups };
}
