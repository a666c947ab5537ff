/**
 * Does the alarm cry wolf, and does it see what matters? Simulated traffic (`alarms/scenarios.ts`) through
 * the collector's own alarm and, on the same counts, through the rules it is compared with
 * (`alarms/rules.ts`). A rule is in alarm in a window if any of thirty features is; an episode is an
 * unbroken run of such windows. Nothing is left out: every deployment counts from its first window on.
 * Power: the share of runs in which the shifted feature is in alarm in one of the first three shifted
 * windows, so after significance, size and persistence.
 *
 * `--windows N`: stationary windows of each scenario (default 180), `--runs N`: shifted runs of each (50),
 * `--seed N` (1), `--threads N` (2), `--only TEXT`: scenarios with TEXT in their name.
 */
import { type ByRule, byRule, RULES } from './alarms/rules.ts';
import { SHIFTED, STATIONARY } from './alarms/scenarios.ts';
import type { ShiftedResult, StationaryResult, Task } from './alarms/simulate.ts';
import { onThreads } from './alarms/threads.ts';
import type { BenchOptions, Figures } from './run.ts';

/** Windows of one deployment: five days by the hour. Then another one starts afresh. */
const DEPLOYMENT = 120;
const MIN_WINDOWS = 6;

export async function run({ json, args }: BenchOptions): Promise<Figures> {
  const text = (name: string, fallback: string): string => {
    const at = args.indexOf(name);
    return at < 0 ? fallback : (args[at + 1] ?? fallback);
  };
  const number = (name: string, fallback: number): number => Number(text(name, String(fallback)));
  const windows = number('--windows', 180);
  const runs = number('--runs', 50);
  const seed = number('--seed', 1);
  const only = text('--only', '');
  const started = performance.now();

  const tasks = [...stationaryTasks(windows, seed), ...shiftedTasks(runs, seed)].filter(
    ({ scenario }) => scenario.includes(only),
  );
  const results = new Map<string, unknown[]>();
  let left = tasks.length;
  await onThreads(tasks, number('--threads', 2), (result, at) => {
    const { kind, scenario } = tasks[at]!;
    const key = `${kind} ${scenario}`;
    results.set(key, [...(results.get(key) ?? []), result]);
    left--;
    if (!json && left % 50 === 0) console.error(`${left} deployments to go`);
  });

  const scenarios = STATIONARY.flatMap(({ name }) => {
    const those = results.get(`stationary ${name}`) as StationaryResult[] | undefined;
    return those === undefined ? [] : [{ name, ...those.reduce(add) }];
  });
  const total = scenarios.length === 0 ? undefined : scenarios.map((s) => s as Summed).reduce(add);
  const power = byRule((): Record<string, number> => ({}));
  const detail: Record<string, { runs: number; found: ByRule<number> }> = {};
  for (const name of Object.keys(SHIFTED)) {
    const those = results.get(`shifted ${name}`) as ShiftedResult[] | undefined;
    if (those === undefined) continue;
    const found = byRule((rule) => those.filter((one) => one[rule]).length);
    detail[name] = { runs: those.length, found };
    for (const rule of RULES) power[rule][name] = round(found[rule] / those.length);
  }
  if (!json) print(scenarios, detail);
  const figures: Figures = {
    name: 'alarms',
    seconds: Math.round((performance.now() - started) / 1000),
    seed,
    stationary_windows: total?.windows ?? 0,
    judged_windows: total?.judgedWindows ?? 0,
  };
  for (const rule of RULES) {
    figures[rule] = {
      ...(total === undefined ? {} : rates(total, rule)),
      power: power[rule],
    };
  }
  return { ...figures, scenarios, shifted: detail };
}

type Summed = StationaryResult;

/** Where ours says `not-enough-data` of every feature, its silence is no merit: these windows do not count. */
function rates(total: Summed, rule: (typeof RULES)[number]): Record<string, unknown> {
  const windows = rule === 'ours' ? total.judgedWindows : total.windows;
  const per1000 = (count: number): number => round((count / Math.max(windows, 1)) * 1000);
  return {
    false_alarms_per_1000_windows: per1000(total.episodes[rule]),
    interval_95: poissonInterval(total.episodes[rule]).map(per1000),
    windows_in_alarm_per_1000: per1000(total.inAlarm[rule]),
  };
}

function stationaryTasks(windows: number, seed: number): Task[] {
  return STATIONARY.flatMap(({ name, share }, i) => {
    let left = Math.max(MIN_WINDOWS, Math.round(windows * share));
    const tasks: Task[] = [];
    while (left > 0) {
      const length = Math.min(left, DEPLOYMENT);
      const own = seed * 1_000_003 + i * 10_007 + tasks.length;
      tasks.push({ kind: 'stationary', scenario: name, seed: own, windows: length });
      left -= length;
    }
    return tasks;
  });
}

function shiftedTasks(runs: number, seed: number): Task[] {
  return Object.entries(SHIFTED).flatMap(([scenario, { share }], i) =>
    Array.from({ length: Math.ceil(runs * share) }, (_, one): Task => {
      const own = seed * 1_000_003 + 500_009 + i * 10_007 + one;
      return { kind: 'shifted', scenario, seed: own, windows: 0 };
    }),
  );
}

function add(a: Summed, b: Summed): Summed {
  return {
    windows: a.windows + b.windows,
    judgedWindows: a.judgedWindows + b.judgedWindows,
    judgedSeries: a.judgedSeries + b.judgedSeries,
    episodes: byRule((rule) => a.episodes[rule] + b.episodes[rule]),
    inAlarm: byRule((rule) => a.inAlarm[rule] + b.inAlarm[rule]),
    early: a.early + b.early,
  };
}

/**
 * Exact 95 % interval of the mean of a Poisson count (Garwood 1936), by bisection.
 * @example poissonInterval(0) // [0, 3.689]
 */
function poissonInterval(count: number): [number, number] {
  const atMost = (k: number, mean: number): number => {
    let term = Math.exp(-mean);
    let sum = 0;
    for (let i = 0; i <= k; i++) {
      sum += term;
      term *= mean / (i + 1);
    }
    return sum;
  };
  const solve = (k: number, tail: number): number => {
    let low = 0;
    let high = 10 * (k + 5);
    for (let i = 0; i < 60; i++) {
      const mean = (low + high) / 2;
      if (atMost(k, mean) > tail) low = mean;
      else high = mean;
    }
    return low;
  };
  return [count === 0 ? 0 : solve(count - 1, 0.975), solve(count, 0.025)];
}

const round = (value: number): number => Number(value.toPrecision(4));

function print(
  scenarios: readonly (Summed & { name: string })[],
  detail: Record<string, { runs: number; found: ByRule<number> }>,
): void {
  for (const { name, windows, judgedWindows, episodes, inAlarm } of scenarios) {
    const each = RULES.map((rule) => `${rule} ${episodes[rule]} (${inAlarm[rule]})`).join(', ');
    console.log(`${name}: ${judgedWindows} of ${windows} judged; episodes (windows): ${each}`);
  }
  for (const [name, { runs, found }] of Object.entries(detail)) {
    console.log(`${name}: ${RULES.map((rule) => `${rule} ${found[rule]}`).join(', ')} of ${runs}`);
  }
}
