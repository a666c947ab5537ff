/**
 * Does the alarm cry wolf, and does it see what matters? Simulated traffic through the collector's own
 * alarm and, on the same counts, through the rules it is compared with: Evidently's default for large
 * references (Wasserstein-1 in reference σ ≥ .1), PSI ≥ .1, always and never. A rule is in alarm in a
 * window if any of thirty features is; an episode is an unbroken run of such windows. Power: the share
 * of runs in which the shifted feature is in alarm in one of the first three shifted windows.
 * `--windows N`: stationary windows of each scenario (default 250), `--runs N`: shifted runs (60).
 */
import { Alarm, measure, policyOf } from '@siskin/collector';
import {
  binOf,
  mergeSparse,
  rangeBinOf,
  type SparseCounts,
  sizeOf,
  toSparse,
} from '@siskin/protocol';
import {
  FEATURES,
  type Habits,
  type Numeric,
  normalFrom,
  randomFrom,
  Traffic,
} from './alarms/traffic.ts';
import type { BenchOptions, Figures } from './run.ts';

const REFERENCE_ROWS = 100_000;
/** Windows before the judged ones: a model that has been watched for a day. */
const WARM_UP = 24;
const RULES = ['ours', 'evidently', 'psi', 'always', 'never'] as const;
type Rule = (typeof RULES)[number];

type Shift = (value: number, random: () => number) => number;

const CLUSTERED: Habits = { each: 10, icc: 0.3, returning: 0 };
const RETURNING: Habits = { ...CLUSTERED, returning: 0.8 };
const INDEPENDENT: Habits = { each: 1, icc: 0, returning: 0 };

/** Shares of `--windows`: the large ones cost most and differ least from window to window. */
const STATIONARY: readonly { n: number; habits: Habits; share: number }[] = [
  { n: 50, habits: CLUSTERED, share: 1 },
  { n: 300, habits: CLUSTERED, share: 1 },
  { n: 300, habits: RETURNING, share: 1 },
  { n: 1000, habits: INDEPENDENT, share: 0.5 },
  { n: 1000, habits: CLUSTERED, share: 1 },
  { n: 1000, habits: RETURNING, share: 1 },
  { n: 1000, habits: { ...CLUSTERED, returning: 0.95 }, share: 1 },
  { n: 10_000, habits: CLUSTERED, share: 0.25 },
  { n: 10_000, habits: RETURNING, share: 0.25 },
  { n: 1_000_000, habits: RETURNING, share: 0.01 },
];

const SHIFTED: Readonly<Record<string, { n: number; habits: Habits; shift: Shift }>> = {
  '0.25sd_n1000': { n: 1000, habits: INDEPENDENT, shift: (x) => x + 0.25 },
  '0.25sd_n1000_clustered': { n: 1000, habits: CLUSTERED, shift: (x) => x + 0.25 },
  '0.15sd_n10000_clustered': { n: 10_000, habits: CLUSTERED, shift: (x) => x + 0.15 },
  '3pct_6sd_n1000': {
    n: 1000,
    habits: INDEPENDENT,
    shift: (x, random) => (random() < 0.03 ? x + 6 : x),
  },
};

interface World {
  series: Numeric[];
  references: SparseCounts[];
}

/** Thirty references of standard normal values, each a sample of its own. */
function worldOf(seed: number): World {
  const normal = normalFrom(randomFrom(seed));
  const series: Numeric[] = [];
  const references: SparseCounts[] = [];
  for (let f = 0; f < FEATURES; f++) {
    const values = Float64Array.from({ length: REFERENCE_ROWS }, normal);
    const sorted = values.slice().sort();
    const at = (p: number): number => sorted[Math.floor(p * (sorted.length - 1))]!;
    const one: Numeric = {
      name: `feature ${f}`,
      kind: 'numeric',
      center: at(0.5),
      scale: at(0.75) - at(0.25),
      atoms: [],
      min: at(0),
      max: at(1),
    };
    const counts = new Float64Array(sizeOf(one));
    for (const value of values) {
      counts[binOf(value, one)]!++;
      const outside = rangeBinOf(value, one);
      if (outside >= 0) counts[outside]!++;
    }
    series.push(one);
    references.push(toSparse(counts));
  }
  return { series, references };
}

class Run {
  readonly #world: World;
  readonly #alarm: Alarm;
  readonly #at: Map<string, number>;
  #window = 0;

  constructor(world: World) {
    this.#world = world;
    const tested = world.series.map((series, f) => ({ series, reference: world.references[f]! }));
    this.#alarm = new Alarm(tested, policyOf());
    this.#at = new Map(world.series.map(({ name }, f) => [name, f]));
  }

  /** Features in alarm, by rule. */
  next(counts: readonly SparseCounts[][], peers: boolean): Record<Rule, Set<number>> {
    const { series } = this.#alarm.next(this.#window++, (name) => counts[this.#at.get(name)!]!);
    const all = this.#world.series.map((_, f) => f);
    const measured = peers
      ? all.map((f) =>
          measure(
            this.#world.series[f]!,
            this.#world.references[f]!,
            counts[f]!.reduce(mergeSparse, []),
          ),
        )
      : [];
    return {
      ours: new Set(all.filter((f) => series[f]!.state === 'drift')),
      evidently: new Set(measured.flatMap((m, f) => ((m.wassersteinSigma ?? 0) >= 0.1 ? [f] : []))),
      psi: new Set(measured.flatMap((m, f) => ((m.psi ?? 0) >= 0.1 ? [f] : []))),
      always: new Set(all),
      never: new Set(),
    };
  }
}

type Tally = Record<Rule, number>;
const nothing = (): Tally => ({ ours: 0, evidently: 0, psi: 0, always: 0, never: 0 });

/** Episodes of false alarms, and windows in false alarm, by rule. */
function stationary(world: World, n: number, habits: Habits, windows: number, seed: number) {
  const run = new Run(world);
  const traffic = new Traffic(habits, seed);
  const episodes = nothing();
  const inAlarm = nothing();
  const on = nothing();
  for (let i = 0; i < Math.min(WARM_UP, windows) + windows; i++) {
    const judged = i >= Math.min(WARM_UP, windows);
    const alarms = run.next(traffic.window(n, world.series), judged);
    if (!judged) continue;
    for (const rule of RULES) {
      const now = alarms[rule].size > 0 ? 1 : 0;
      if (now === 1 && on[rule] === 0) episodes[rule]++;
      inAlarm[rule] += now;
      on[rule] = now;
    }
  }
  return { episodes, inAlarm };
}

/** Whether the shifted feature was found within three shifted windows, by rule. */
function shifted(world: World, n: number, habits: Habits, shift: Shift, seed: number): Tally {
  const run = new Run(world);
  const traffic = new Traffic(habits, seed);
  for (let i = 0; i < WARM_UP; i++) run.next(traffic.window(n, world.series), false);
  const found = nothing();
  for (let i = 0; i < 3; i++) {
    const alarms = run.next(traffic.window(n, world.series, shift), true);
    for (const rule of RULES) if (alarms[rule].has(0)) found[rule] = 1;
  }
  return found;
}

const round = (value: number): number => Number(value.toPrecision(4));

export async function run({ json, args }: BenchOptions): Promise<Figures> {
  const option = (name: string, fallback: number): number => {
    const at = args.indexOf(name);
    return at < 0 ? fallback : Number(args[at + 1]);
  };
  const windows = option('--windows', 250);
  const runs = option('--runs', 60);
  const say = (line: string): void => void (json || console.log(line));
  const world = worldOf(1);
  let judged = 0;
  const total = nothing();
  const totalIn = nothing();
  const scenarios = STATIONARY.map(({ n, habits, share }, i) => {
    const count = Math.max(4, Math.round(windows * share));
    const { episodes, inAlarm } = stationary(world, n, habits, count, 100 + i);
    judged += count;
    for (const rule of RULES) {
      total[rule] += episodes[rule];
      totalIn[rule] += inAlarm[rule];
    }
    say(`n ${n}, returning ${habits.returning}: ${JSON.stringify(episodes)} of ${count}`);
    return { n, ...habits, windows: count, episodes, in_alarm: inAlarm };
  });
  const power: Record<Rule, Record<string, number>> = {
    ours: {},
    evidently: {},
    psi: {},
    always: {},
    never: {},
  };
  for (const [name, { n, habits, shift }] of Object.entries(SHIFTED)) {
    const found = nothing();
    const times = n > 1000 ? Math.ceil(runs / 2) : runs;
    for (let i = 0; i < times; i++) {
      const one = shifted(world, n, habits, shift, 5000 + i);
      for (const rule of RULES) found[rule] += one[rule];
    }
    for (const rule of RULES) power[rule][name] = round(found[rule] / times);
    say(`${name}: ${JSON.stringify(found)} of ${times}`);
  }
  const figures: Figures = { name: 'alarms', stationary_windows: judged };
  for (const rule of RULES) {
    figures[rule] = {
      false_alarms_per_1000_windows: round((total[rule] / judged) * 1000),
      windows_in_alarm_per_1000: round((totalIn[rule] / judged) * 1000),
      power: power[rule],
    };
  }
  return { ...figures, scenarios };
}
