/**
 * When is it drift? When the difference is significant *and* large *and* lasts.
 *
 * The last windows (three by default) are tested together, and the design effect is that of their sum:
 * where devices return, windows are alike, and only the variance of the sum knows it. So what persists
 * is found with the power of all the windows, and a device mix that persists is no finding. Simulated
 * against testing each window by itself: `npm run bench -- alarms`.
 */
import { type ComparableSeries, GROUPS, mergeSparse, type SparseCounts } from '@siskin/protocol';
import fQuantile from '@stdlib/stats-base-dists-f-quantile';
import { sum } from '../distribution.ts';
import { benjaminiHochberg } from './benjaminiHochberg.ts';
import { designEffects } from './designEffect.ts';
import type { Policy } from './policy.ts';
import { addTallies, type Probes, probesOf, type Tally, tallyOf } from './probes.ts';
import { type Significance, significance } from './significance.ts';
import { type Size, severityOf, sizeOfShift } from './size.ts';

export const STATES = ['ok', 'watch', 'drift', 'not-enough-data'] as const;
/** `watch`: significant, but smaller than what matters, or not lasting. */
export type State = (typeof STATES)[number];

/** Sums of windows whose design effects are averaged, so that their own noise is small. */
const HISTORY = 24;
/** By simulation: more would take the noise of returning devices for knowledge. */
const MAX_DF = 30;
/** With fewer the variance between groups is not known. */
const MIN_GROUPS = 8;
/** Standard normal quantile of a power of 80 %. */
const POWER = 0.8416;

export interface Tested {
  series: ComparableSeries;
  reference: SparseCounts;
  /** The reference is what devices counted earlier, not a training set. */
  clustered?: boolean;
}

export type GroupCounts = readonly (SparseCounts | undefined)[];

export interface SeriesState {
  name: string;
  state: State;
  /** Of the last windows together; NaN where there is not enough data. */
  p: number;
  /** Benjamini–Hochberg over the series of this window. */
  q: number;
  /** What was most significant: `smooth`, `category`, or a rate. */
  by: string;
  /** Mean design effect, and observations as independent ones would count. */
  deff: number;
  effectiveN: number;
  /** Effective observations at which a shift of the smallest size is found with power 80 %. */
  neededN: number;
  /** Null where nothing was significant: sizes of noise are not worth a figure. */
  size: Size | null;
  /** Size over its floor; 0 where it is not known. */
  severity: number;
}

export interface WindowAssessment {
  window: number;
  series: SeriesState[];
  alarm: boolean;
}

interface Kept {
  tally: Tally;
  counts: SparseCounts;
}

interface Follow {
  tested: Tested;
  probes: Probes;
  /** The last windows with data, newest last. */
  windows: Kept[];
  effects: Float64Array[];
}

interface Finding extends Significance {
  follow: Follow;
  pooled: Tally;
  deff: number;
  effectiveN: number;
  neededN: number;
  enough: boolean;
}

/** Follows the series of one model version, window after window. */
export class Alarm {
  readonly #policy: Policy;
  readonly #follows: Follow[];

  constructor(tested: readonly Tested[], policy: Policy) {
    this.#policy = policy;
    this.#follows = tested.map((one) => ({
      tested: one,
      probes: probesOf(one.series, one.reference),
      windows: [],
      effects: [],
    }));
  }

  /** @param groupsOf counts of a series in this window, by telemetry group. */
  next(window: number, groupsOf: (series: string) => GroupCounts): WindowAssessment {
    const findings = this.#follows.map((follow) => this.#look(follow, groupsOf));
    const qs = benjaminiHochberg(findings.map(({ enough, p }) => (enough ? p : Number.NaN)));
    const series = findings.map((finding, i) => this.#judge(finding, qs[i]!));
    return { window, series, alarm: series.some(({ state }) => state === 'drift') };
  }

  #look(follow: Follow, groupsOf: (series: string) => GroupCounts): Finding {
    const { tested, probes, windows, effects } = follow;
    const groups = groupsOf(tested.series.name);
    const tally = tallyOf(probes, groups);
    const horizon = this.#policy.persistence.windows;
    if (sum(tally.all) > 0) {
      const counts = groups.reduce<SparseCounts>(
        (a, b) => (b === undefined ? a : mergeSparse(a, b)),
        [],
      );
      const filling = windows.length < horizon;
      windows.push({ tally, counts });
      if (windows.length > horizon) windows.shift();
      // Sums of fewer windows are less alike: they count only until there is a full one.
      if (filling && windows.length === horizon) effects.length = 0;
      effects.push(
        designEffects(
          probes,
          windows.map((kept) => kept.tally),
        ),
      );
      if (effects.length > HISTORY) effects.shift();
    }
    const pooled = addTallies(
      probes,
      windows.map((kept) => kept.tally),
    );
    const blocks = Math.max(1, Math.ceil(effects.length / horizon));
    const df = Math.min(MAX_DF, (GROUPS - 1) * blocks);
    const deffs = probes.list.map((_, probe) => {
      const mean = sum(effects.map((effect) => effect[probe]!)) / Math.max(1, effects.length);
      return Math.max(1, mean);
    });
    const found = significance(probes, pooled, {
      deffs,
      df,
      clustered: tested.clustered ?? false,
    });
    const body = deffs.filter((_, probe) => probes.list[probe]!.test !== 'rate');
    const deff = body.length === 0 ? 1 : sum(body) / body.length;
    const effectiveN = sum(pooled.all) / deff;
    const neededN = this.#needed(tested.series.name, body.length, df);
    const active = pooled.all.reduce((groups, n) => groups + (n > 0 ? 1 : 0), 0);
    const enough = effectiveN >= neededN && active >= MIN_GROUPS && windows.length > 0;
    return { ...found, follow, pooled, deff, effectiveN, neededN, enough };
  }

  /**
   * A shift of PSI ψ moves the smooth statistic by about n ψ: for a normal distribution that moves by
   * δ standard deviations both are δ².
   */
  #needed(name: string, dimensions: number, df: number): number {
    const { psi } = this.#policy.sizeOf(name);
    const d = Math.min(Math.max(dimensions, 1), 4);
    const critical = d * fQuantile(1 - this.#policy.q / this.#follows.length, d, df);
    return (Math.sqrt(critical) + POWER) ** 2 / Math.max(psi, 0.01);
  }

  #judge(finding: Finding, q: number): SeriesState {
    const { follow, pooled, deff, effectiveN, neededN, enough, p, by } = finding;
    const { series, reference } = follow.tested;
    const about = {
      name: series.name,
      by,
      deff,
      effectiveN,
      neededN,
      p: enough ? p : Number.NaN,
      q,
    };
    if (!enough) return { ...about, state: 'not-enough-data', size: null, severity: 0 };
    if (!(q <= this.#policy.q)) return { ...about, state: 'ok', size: null, severity: 0 };
    const floors = this.#policy.sizeOf(series.name);
    const sized = (counts: SparseCounts, tally: Tally): Size =>
      sizeOfShift(series, reference, counts, follow.probes, tally, deff);
    const counts = follow.windows.map((kept) => kept.counts).reduce(mergeSparse, []);
    const size = sized(counts, pooled);
    const severity = severityOf(size, floors);
    const lasting = follow.windows.filter(
      (kept) => severityOf(sized(kept.counts, kept.tally), floors) >= 1,
    ).length;
    const drift = severity >= 1 && lasting >= this.#policy.persistence.of;
    return { ...about, state: drift ? 'drift' : 'watch', size, severity };
  }
}
