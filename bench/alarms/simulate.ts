/** One simulated deployment: the rules watch it window after window. */
import { type Feature, featuresOf, type World } from './features.ts';
import { type ByRule, byRule, RULES, Rules } from './rules.ts';
import { SHIFTED, STATIONARY } from './scenarios.ts';
import { Traffic } from './traffic.ts';

/** Of a scenario by its name; nothing but numbers and names, so that it can cross to a thread. */
export interface Task {
  kind: 'stationary' | 'shifted';
  scenario: string;
  seed: number;
  /** Stationary: how long it lasts, from its first prediction on. */
  windows: number;
}

export interface StationaryResult {
  windows: number;
  /** Windows in which ours said more than `not-enough-data` of a feature, and such features of all windows. */
  judgedWindows: number;
  judgedSeries: number;
  /** Unbroken runs of windows in which a feature is in alarm, and windows in alarm. */
  episodes: ByRule<number>;
  inAlarm: ByRule<number>;
  /** Of our episodes: those that began in the first 24 windows, before variances are known well. */
  early: number;
}

/** Whether the changed feature was in alarm in one of the first three changed windows. */
export type ShiftedResult = ByRule<boolean>;

const EARLY = 24;
const IN_TIME = 3;
const worlds = new Map<World, Feature[]>();

function worldOf(world: World): Feature[] {
  const features = worlds.get(world) ?? featuresOf(world);
  worlds.set(world, features);
  return features;
}

export function stationary({ scenario, seed, windows }: Task): StationaryResult {
  const { world, n, habits } = STATIONARY.find(({ name }) => name === scenario)!;
  const features = worldOf(world);
  const rules = new Rules(features);
  const traffic = new Traffic(features, habits, seed);
  const result: StationaryResult = {
    windows,
    judgedWindows: 0,
    judgedSeries: 0,
    episodes: byRule(() => 0),
    inAlarm: byRule(() => 0),
    early: 0,
  };
  const on = byRule(() => false);
  for (let i = 0; i < windows; i++) {
    const { alarms, judged } = rules.next(traffic.window(n), true);
    if (judged > 0) result.judgedWindows++;
    result.judgedSeries += judged;
    for (const rule of RULES) {
      const now = alarms[rule].size > 0;
      if (now) result.inAlarm[rule]++;
      if (now && !on[rule]) {
        result.episodes[rule]++;
        if (rule === 'ours' && i < EARLY) result.early++;
      }
      on[rule] = now;
    }
  }
  return result;
}

export function shifted({ scenario, seed }: Task): ShiftedResult {
  const { world, n, habits, change, after } = SHIFTED[scenario]!;
  const features = worldOf(world);
  const rules = new Rules(features);
  const traffic = new Traffic(features, habits, seed);
  for (let i = 0; i < after; i++) rules.next(traffic.window(n), false);
  const found = byRule(() => false);
  for (let i = 0; i < IN_TIME; i++) {
    const { alarms } = rules.next(traffic.window(n, change), true);
    for (const rule of RULES) if (alarms[rule].has(change.feature)) found[rule] = true;
  }
  return found;
}
