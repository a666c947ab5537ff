/** Composes windows and alarm: the state of every series of a version, as of its last judged window. */
import { isComparable, type ReferenceProfile } from '@siskin/protocol';
import { Alarm, type SeriesState } from './drift/alarm.ts';
import type { Policy } from './drift/policy.ts';
import { recentReference, seasonalReference } from './drift/references.ts';
import type { GroupCounts, Tested } from './drift/tested.ts';
import type { BySeries, Timeline } from './windows/timeline.ts';

export interface Judged extends SeriesState {
  /** What it was compared with when this was found. */
  against: Policy['references'][number];
  /** First window of the alarm that is on, epoch milliseconds. */
  since: number | null;
}

export interface Episode {
  series: string;
  against: Judged['against'];
  from: number;
  /** Start of the last window in alarm. */
  to: number;
}

export interface DriftHistory {
  series: Map<string, Judged>;
  episodes: Episode[];
}

/** Windows before the reported ones that are followed: a day's design effects, by the hour. */
const HISTORY = 30;

/**
 * @param from windows before it are history: references are made of all of them, and the last ones are
 *   followed, but not reported.
 * A series keeps the state of the last window that had enough data: silence ends no alarm.
 */
export function followDrift(
  { windows }: Timeline,
  profile: ReferenceProfile,
  policy: Policy,
  from: number,
): DriftHistory {
  const history: DriftHistory = { series: new Map(), episodes: [] };
  const starts = [...windows.keys()];
  const first = starts[Math.max(0, starts.filter((start) => start < from).length - HISTORY)] ?? 0;
  for (const against of policy.references) {
    const tested = testedAgainst(against, windows, profile, policy);
    const alarm = new Alarm(tested, policy);
    const open = new Map<string, Episode>();
    for (const [window, bySeries] of windows) {
      if (window < first || bySeries.size === 0) continue;
      const { series } = alarm.next(window, (name) => bySeries.get(name) ?? []);
      for (const state of series) {
        const { name } = state;
        let episode = open.get(name);
        if (state.state === 'drift') {
          if (episode === undefined) {
            episode = { series: name, against, from: window, to: window };
            open.set(name, episode);
            history.episodes.push(episode);
          }
          episode.to = window;
        } else if (state.state !== 'not-enough-data') open.delete(name);
        if (window < from) continue;
        const since = open.get(name)?.from ?? null;
        keep(history.series, { ...state, against, since });
      }
    }
  }
  history.episodes = history.episodes.filter(({ to }) => to >= from);
  return history;
}

const RANK = { drift: 3, watch: 2, ok: 1, 'not-enough-data': 0 } as const;

/** Of one reference the newest state that says something; of several the worst. */
function keep(states: Map<string, Judged>, next: Judged): void {
  const known = states.get(next.name);
  const replaces =
    known === undefined ||
    (known.against === next.against
      ? next.state !== 'not-enough-data' || known.state === 'not-enough-data'
      : RANK[next.state] > RANK[known.state]);
  if (replaces) states.set(next.name, next);
}

/** Every window is compared with what was before it, whenever the report is made. */
function testedAgainst(
  against: Judged['against'],
  windows: ReadonlyMap<number, BySeries>,
  profile: ReferenceProfile,
  { recentDays }: Policy,
): Tested[] {
  return profile.series.flatMap(({ definition: series, counts }): Tested[] => {
    if (!isComparable(series)) return [];
    if (against === 'training') return [{ series, reference: counts }];
    const counted = new Map<number, GroupCounts>();
    for (const [window, bySeries] of windows) {
      const groups = bySeries.get(series.name);
      if (groups !== undefined) counted.set(window, groups);
    }
    const reference =
      against === 'recent'
        ? recentReference(series, counted, recentDays)
        : seasonalReference(series, counted);
    return [{ series, reference, clustered: true }];
  });
}
