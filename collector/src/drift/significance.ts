/**
 * Is the difference between a window and its reference more than chance? The body by Neyman's smooth
 * test (Rayner & Best 1989) or category by category, and every rate by an exact test and by its
 * variance, whichever says less; each with the design effect of its own. The p-value of the series is the Bonferroni minimum over the tests that could
 * find anything: a rate of which neither side has a hit cannot (Tarone 1990).
 */

import { GROUPS } from '@siskin/protocol';
import fCdf from '@stdlib/stats-base-dists-f-cdf';
import { sum } from '../distribution.ts';
import type { Probe, Probes, Tally } from './probes.ts';
import { rateIncrease } from './rateIncrease.ts';

/** A normal approximation of a category's share wants so many expected observations (Cochran 1954). */
const MIN_EXPECTED = 5;

export interface Evidence {
  /** Design effects by probe, at least 1. */
  deffs: ArrayLike<number>;
  /** Degrees of freedom that these design effects were estimated with. */
  df: number;
  /** The reference is made of devices' counts too, and so as clustered as the window. */
  clustered: boolean;
}

export interface Significance {
  p: number;
  /** What was most significant: `smooth`, `category`, or the name of a rate. */
  by: string;
  /** Tests that could find anything; p is corrected for them. */
  tests: number;
}

export function significance(probes: Probes, tally: Tally, evidence: Evidence): Significance {
  const n = sum(tally.values);
  const all = sum(tally.all);
  const at = (probe: number): number =>
    sum(tally.sums.subarray(probe * GROUPS, (probe + 1) * GROUPS));
  const variance = (probe: number): number => {
    const deff = evidence.deffs[probe]!;
    return deff / n + (evidence.clustered ? deff : 1) / probes.referenceValues;
  };
  const squares = (probe: number): number => (at(probe) / n) ** 2 / variance(probe);
  const of = (test: Probe['test']): number[] =>
    [...probes.list.keys()].filter((probe) => probes.list[probe]!.test === test);

  const found: Omit<Significance, 'tests'>[] = [];
  const smooth = of('smooth');
  if (n > 0 && smooth.length > 0) {
    const statistic = sum(smooth.map(squares));
    // Estimated variances: F instead of χ², or few windows would see drift in their own noise.
    found.push({ by: 'smooth', p: tailOf(statistic / smooth.length, smooth.length, evidence.df) });
  }
  const categories = of('category').filter((probe) => {
    const { share } = probes.list[probe]!;
    return (n / evidence.deffs[probe]!) * Math.min(share, 1 - share) >= MIN_EXPECTED;
  });
  if (n > 0 && categories.length > 0) {
    const least = Math.min(...categories.map((probe) => tailOf(squares(probe), 1, evidence.df)));
    found.push({ by: 'category', p: Math.min(1, least * categories.length) });
  }
  for (const probe of of('rate')) {
    const { name, share } = probes.list[probe]!;
    const hits = at(probe);
    if (hits === 0 && share === 0) continue;
    const deff = evidence.deffs[probe]!;
    const m = probes.referenceAll / (evidence.clustered ? deff : 1);
    const now = hits / all;
    const spread = (deff * now * (1 - now)) / all + (share * (1 - share)) / m;
    // Nothing varies where a rate went from none to all: there is no doubt left but the exact test's.
    const t = now > share ? (now - share) ** 2 / spread : 0;
    // Exact for few hits, if they are independent; by its variance if a device has many. Both must say so.
    const exact = rateIncrease(
      Math.floor(hits / deff),
      Math.round(all / deff),
      Math.ceil(share * m),
      Math.round(m),
    );
    found.push({ by: name, p: Math.max(exact, t === 0 ? 1 : tailOf(t, 1, evidence.df) / 2) });
  }
  const best = found.reduce((a, b) => (b.p < a.p ? b : a), { by: 'smooth', p: 1 });
  return { by: best.by, p: Math.min(1, best.p * Math.max(1, found.length)), tests: found.length };
}

/** P(F(d1, d2) > x). */
function tailOf(x: number, d1: number, d2: number): number {
  return 1 - fCdf(x, d1, d2);
}
