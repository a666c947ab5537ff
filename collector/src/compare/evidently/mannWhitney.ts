/**
 * Evidently's `mannw`: one-sided Mann–Whitney U test that the reference tends to be *less* than the
 * current sample, so it never sees values that fall. Exact where a sample has at most 8 observations and
 * no two values are equal; else normal, corrected for ties and continuity. Drift at p < .05.
 */
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import type { Pooled } from '../samples.ts';

const MAX_EXACT = 8;

export function mannWhitney({ reference, current, m, n }: Pooled): number {
  let below = 0;
  let u = 0; // pairs in which the current value is the greater, ties half
  let ties = 0;
  for (let i = 0; i < reference.length; i++) {
    const both = reference[i]! + current[i]!;
    u += current[i]! * (below + reference[i]! / 2);
    below += reference[i]!;
    ties += both ** 3 - both;
  }
  if (Math.min(m, n) <= MAX_EXACT && ties === 0) return exact(u, Math.min(m, n), Math.max(m, n));
  const size = m + n;
  const sigma = Math.sqrt(((m * n) / 12) * (size + 1 - ties / (size * (size - 1))));
  // All values equal: sigma is 0, and half a pair below the mean says nothing.
  return sigma === 0 ? 1 : normalCdf(-(u - (m * n) / 2 - 0.5) / sigma, 0, 1);
}

/**
 * P(U ≥ u) with every order of `few` + `many` distinct values as likely. How many orders have U = u is
 * the coefficient of qᵘ in Π_{i ≤ few} (1 − q^(many + i)) / (1 − qⁱ), divided here by their number.
 */
function exact(u: number, few: number, many: number): number {
  const all = few * many;
  // U and all − U are alike distributed: the shorter tail is enough.
  const upper = u > all / 2;
  const most = upper ? all - u : u - 1;
  if (most < 0) return 1;
  const ways = new Float64Array(most + 1);
  ways[0] = 1;
  for (let i = 1; i <= few; i++) {
    const scale = i / (many + i);
    for (let k = i; k <= most; k++) ways[k]! += ways[k - i]!;
    for (let k = 0; k <= most; k++) ways[k]! *= scale;
  }
  for (let i = 1; i <= few; i++) {
    for (let k = most; k >= many + i; k--) ways[k]! -= ways[k - many - i]!;
  }
  const tail = Math.min(
    1,
    ways.reduce((sum, share) => sum + share, 0),
  );
  return upper ? tail : 1 - tail;
}
