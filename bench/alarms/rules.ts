/**
 * Ours, on the collector's own code, and the rules it is compared with, on the same counts:
 *
 * - `evidently`: a column's default test with a reference of more than 1000 rows, Wasserstein-1 in
 *   reference σ, or Jensen–Shannon for categories and numbers of at most five values, drift at ≥ .1
 *   (Evidently 0.7.21, `_get_default_stattest`); in alarm if any column drifts.
 * - `evidently_dataset`: its verdict on the data set: at least half of the columns (`drift_share`).
 * - `evidently_3_windows`: `evidently` on the last three windows together, as much as ours looks at.
 * - `psi`: PSI ≥ .1 on ten bins of equal reference mass, the custom (Siddiqi 2006).
 */
import { Alarm, measure, policyOf } from '@siskin/collector';
import { mergeSparse, type SparseCounts } from '@siskin/protocol';
import type { Feature } from './features.ts';

export const RULES = [
  'ours',
  'evidently',
  'evidently_dataset',
  'evidently_3_windows',
  'psi',
  'always',
  'never',
] as const;
export type Rule = (typeof RULES)[number];
export type ByRule<T> = Record<Rule, T>;

export function byRule<T>(make: (rule: Rule) => T): ByRule<T> {
  return Object.fromEntries(RULES.map((rule) => [rule, make(rule)])) as ByRule<T>;
}

export interface Verdict {
  /** Features in alarm. */
  alarms: ByRule<Set<number>>;
  /** Features of which ours said more than `not-enough-data`. */
  judged: number;
}

const THRESHOLD = 0.1;
const DRIFT_SHARE = 0.5;
const PSI_BINS = 10;

export class Rules {
  readonly #features: readonly Feature[];
  readonly #alarm: Alarm;
  readonly #at: Map<string, number>;
  #window = 0;
  /** By feature, of the last three windows. */
  readonly #recent: SparseCounts[][] = [];

  constructor(features: readonly Feature[]) {
    this.#features = features;
    const tested = features.map(({ definition, reference }) => ({ series: definition, reference }));
    this.#alarm = new Alarm(tested, policyOf());
    this.#at = new Map(features.map(({ definition }, f) => [definition.name, f]));
  }

  /** @param peers whether the other rules are wanted: they keep nothing but the last windows. */
  next(counts: readonly SparseCounts[][], peers: boolean): Verdict {
    const { series } = this.#alarm.next(this.#window++, (name) => counts[this.#at.get(name)!]!);
    const all = this.#features.map((_, f) => f);
    const now = counts.map((groups) => groups.reduce(mergeSparse, []));
    this.#recent.push(now);
    if (this.#recent.length > 3) this.#recent.shift();
    const found = (rule: (f: number) => boolean): Set<number> => new Set(all.filter(rule));
    const empty = new Set<number>();
    const evidently = peers ? found((f) => this.#evidently(f, now[f]!)) : empty;
    const alarms: Verdict['alarms'] = {
      ours: found((f) => series[f]!.state === 'drift'),
      evidently,
      evidently_dataset: evidently.size >= DRIFT_SHARE * all.length ? evidently : empty,
      evidently_3_windows: peers
        ? found((f) => this.#evidently(f, this.#recent.map((w) => w[f]!).reduce(mergeSparse, [])))
        : empty,
      psi: peers ? found((f) => this.#psi(f, now[f]!) >= THRESHOLD) : empty,
      always: new Set(all),
      never: empty,
    };
    const judged = series.filter(({ state }) => state !== 'not-enough-data').length;
    return { alarms, judged };
  }

  #evidently(f: number, counts: SparseCounts): boolean {
    const { definition, reference, few } = this.#features[f]!;
    const { wassersteinSigma, jensenShannon } = measure(definition, reference, counts);
    const asCategory = few || definition.kind === 'category';
    return ((asCategory ? jensenShannon : wassersteinSigma) ?? 0) >= THRESHOLD;
  }

  #psi(f: number, counts: SparseCounts): number {
    const { definition, reference } = this.#features[f]!;
    const { bins, n } = measure(definition, reference, counts);
    const joined =
      definition.kind !== 'category' && bins.length > PSI_BINS
        ? bins.flatMap((bin, i) => {
            if (i % 2 === 1) return [];
            const next = bins[i + 1];
            return [
              {
                reference: bin.reference + (next?.reference ?? 0),
                current: bin.current + (next?.current ?? 0),
              },
            ];
          })
        : bins;
    return joined.reduce((sum, { reference: p, current: q }) => {
      const least = 0.5 / Math.max(n, 1); // an empty bin: half an observation
      const a = Math.max(p, least);
      const b = Math.max(q, least);
      return sum + (b - a) * Math.log(b / a);
    }, 0);
  }
}
