/**
 * When is it drift? When the difference is significant *and* large *and* lasts.
 *
 * The last windows (three by default) are tested together, and the design effect is that of their sum:
 * where devices return, windows are alike, and only the variance of the sum knows it. So what persists
 * is found with the power of all the windows, and a device mix that persists is no finding. Simulated
 * against the rules of others: `npm run bench -- alarms`.
 */
import { sum } from '../distribution.ts';
import { benjaminiHochberg } from './benjaminiHochberg.ts';
import { Follow, type Look } from './follow.ts';
import type { Policy } from './policy.ts';
import { neededFor } from './power.ts';
import type { Tally } from './probes.ts';
import { type Significance, significance } from './significance.ts';
import { type Size, severityOf, sizeOfShift } from './size.ts';
import { type GroupCounts, sumOf, type Tested } from './tested.ts';

export const STATES = ['ok', 'watch', 'drift', 'not-enough-data'] as const;
/**
 * `watch`: significant, but smaller than what matters, or not lasting. `not-enough-data`: nothing was
 * found, and in so little even a shift of the smallest size that matters would often not be; or so few
 * devices make up the window that its variance is not known.
 */
export type State = (typeof STATES)[number];

/** With fewer (effective) groups the variance between them is not known. */
const MIN_GROUPS = 8;

export interface SeriesState {
  name: string;
  state: State;
  /** Of the last windows together; NaN where there is nothing to test. */
  p: number;
  /** Benjamini–Hochberg over the series of this window. */
  q: number;
  /** What was most significant: `smooth`, `category`, or a rate. */
  by: string;
  /** Design effect of a shift. */
  deff: number;
  /** Observations as independent ones would count, against a reference without noise of its own. */
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

interface Finding extends Significance {
  tested: Tested;
  look: Look;
  deff: number;
  effectiveN: number;
  neededN: number;
}

/** Follows the series of one model version, window after window. */
export class Alarm {
  readonly #policy: Policy;
  readonly #follows: Follow[];

  constructor(tested: readonly Tested[], policy: Policy) {
    this.#policy = policy;
    this.#follows = tested.map((one) => new Follow(one, policy.persistence.windows));
  }

  /** @param groupsOf counts of a series in this window, by telemetry group. */
  next(window: number, groupsOf: (series: string) => GroupCounts): WindowAssessment {
    const findings = this.#follows.map((follow) => this.#look(follow, window, groupsOf));
    // Series without data are hypotheses too: fewer tests must not make those that are left easier.
    const qs = benjaminiHochberg(findings.map((finding) => finding?.p ?? 1));
    const series = findings.map((finding, i) =>
      finding === undefined
        ? nothing(this.#follows[i]!.tested.series.name)
        : this.#judge(finding, qs[i]!),
    );
    return { window, series, alarm: series.some(({ state }) => state === 'drift') };
  }

  #look(
    follow: Follow,
    window: number,
    groupsOf: (series: string) => GroupCounts,
  ): Finding | undefined {
    const { tested } = follow;
    const look = follow.next(window, groupsOf(tested.series.name));
    if (look === undefined || !(look.groups >= MIN_GROUPS)) return undefined;
    const { probes, tally, deffs, df } = look;
    const clustered = tested.clustered ?? false;
    const found = significance(probes, tally, { deffs, df, clustered });
    const deff = deffOfShift(look);
    const independent = sum(tally.all) / deff;
    const reference = probes.referenceAll / (clustered ? deff : 1);
    const { psi } = this.#policy.sizeOf(tested.series.name);
    const dimensions = probes.list.filter(({ test }) => test === 'smooth').length;
    const alpha = this.#policy.q / this.#follows.length / Math.max(found.tests, 1);
    return {
      ...found,
      tested,
      look,
      deff,
      effectiveN: 1 / (1 / independent + 1 / reference),
      neededN: neededFor(psi, { dimensions, df, alpha }),
    };
  }

  #judge(finding: Finding, q: number): SeriesState {
    const { tested, look, deff, effectiveN, neededN, p, by } = finding;
    const { name } = tested.series;
    const about = { name, by, deff, effectiveN, neededN, p, q };
    if (!(q <= this.#policy.q)) {
      const state = effectiveN < neededN ? 'not-enough-data' : 'ok';
      return { ...about, state, size: null, severity: 0 };
    }
    const floors = this.#policy.sizeOf(name);
    const sized = (groups: GroupCounts, tally: Tally): Size =>
      sizeOfShift(tested, look, sumOf(groups), tally);
    const size = sized(
      look.windows.flatMap(({ groups }) => groups),
      look.tally,
    );
    const severity = severityOf(size, floors);
    const lasting = look.windows.filter(
      ({ groups, tally }) => severityOf(sized(groups, tally), floors) >= 1,
    ).length;
    const drift = severity >= 1 && lasting >= this.#policy.persistence.of;
    return { ...about, state: drift ? 'drift' : 'watch', size, severity };
  }
}

/** Of numbers the first component's, which a shift moves; of categories the mean. */
function deffOfShift({ probes, deffs }: Look): number {
  const body = deffs.filter((_, probe) => {
    const { test, name } = probes.list[probe]!;
    return test === 'category' || (test === 'smooth' && name === '1');
  });
  return body.length === 0 ? 1 : sum(body) / body.length;
}

function nothing(name: string): SeriesState {
  const numbers = { p: Number.NaN, q: Number.NaN, deff: 1, effectiveN: 0, neededN: 0 };
  return { name, state: 'not-enough-data', by: 'smooth', ...numbers, size: null, severity: 0 };
}
