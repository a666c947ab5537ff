/** Composes windows and alarm: the state of every series of a version, as of its last judged window. */
import {
  isComparable,
  mergeSparse,
  type ReferenceProfile,
  type SparseCounts,
} from '@siskin/protocol';
import { Alarm, type SeriesState, type Tested } from './drift/alarm.ts';
import type { Policy } from './drift/policy.ts';
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

const WEEK_MS = 7 * 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * @param from windows before it are history: they are followed, but not reported.
 * A series keeps the state of the last window that had enough data: silence ends no alarm.
 */
export function followDrift(
  { windows }: Timeline,
  profile: ReferenceProfile,
  policy: Policy,
  from: number,
): DriftHistory {
  const history: DriftHistory = { series: new Map(), episodes: [] };
  for (const against of policy.references) {
    const tested = testedAgainst(against, windows, profile, policy);
    const alarm = new Alarm(tested, policy);
    const open = new Map<string, Episode>();
    for (const [window, bySeries] of windows) {
      if (!bySeries.size) continue;
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

function testedAgainst(
  against: Judged['against'],
  windows: ReadonlyMap<number, BySeries>,
  profile: ReferenceProfile,
  policy: Policy,
): Tested[] {
  const starts = [...windows.keys()];
  const newest = starts.at(-1) ?? 0;
  const first = starts.at(-policy.persistence.windows) ?? newest;
  const earlier = starts.filter((start) =>
    against === 'recent'
      ? start < first && start >= first - policy.recentDays * 24 * HOUR_MS
      : start < first && hourOfWeek(start) === hourOfWeek(newest),
  );
  return profile.series.flatMap(({ definition, counts }): Tested[] => {
    if (!isComparable(definition)) return [];
    if (against === 'training') return [{ series: definition, reference: counts }];
    const reference = earlier
      .flatMap((start) => windows.get(start)!.get(definition.name) ?? [])
      .reduce<SparseCounts>((sum, one) => (one === undefined ? sum : mergeSparse(sum, one)), []);
    return reference.length === 0 ? [] : [{ series: definition, reference, clustered: true }];
  });
}

function hourOfWeek(time: number): number {
  return Math.floor((time % WEEK_MS) / HOUR_MS);
}
