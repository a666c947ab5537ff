import { GROUPS, type ReferenceProfile } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import { policyOf } from './drift/policy.ts';
import { followDrift } from './drifting.ts';
import { countNumbers, numericSeries } from './testing/profiles.ts';
import { normal, uniform } from './testing/random.ts';
import type { Timeline } from './windows/timeline.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const START = 2900 * WEEK;

const gauss = normal(uniform(5));
const values = (n: number, mean: number): number[] =>
  Array.from({ length: n }, () => gauss() + mean);
/** Inputs rise and fall with the day, by a standard deviation either way. */
const daily = (time: number): number => Math.sin((2 * Math.PI * (time % DAY)) / DAY);

const rows = Array.from({ length: 20_000 }, (_, i) => gauss() + daily(i * HOUR));
const size = numericSeries('size', rows);
const profileOf = (reference: readonly number[]): ReferenceProfile => ({
  v: 1,
  source: 'test',
  n: reference.length,
  metrics: {},
  series: [{ definition: size, counts: countNumbers(size, reference) }],
});
const profile = profileOf(rows);
const steady = profileOf(values(20_000, 0));

/** `perGroup` predictions in each group by the hour, around a mean that may change. */
function timelineOf(
  hours: number,
  meanAt: (time: number) => number,
  { perGroup = 40, start = START } = {},
): Timeline {
  const windows: Timeline['windows'] = new Map();
  for (let i = 0; i < hours; i++) {
    const time = start + i * HOUR;
    const groups = Array.from({ length: GROUPS }, () =>
      countNumbers(size, values(perGroup, meanAt(time))),
    );
    windows.set(time, new Map([['size', groups]]));
  }
  return { version: 'v1', arm: 'champion', windows };
}

const follow = (
  timeline: Timeline,
  reference: 'training' | 'recent' | 'seasonal',
  against = profile,
  from = START,
) => followDrift(timeline, against, policyOf({ references: [reference] }), from);

describe('the reference of an alarm', () => {
  const cycle = timelineOf(3 * 168, daily);

  it('training: a daily cycle is an alarm by the hour, at noon and at midnight', () => {
    const { episodes } = follow(cycle, 'training');
    expect(episodes.length).toBeGreaterThan(20);
  });

  it('seasonal: the same cycle is none, and was judged', () => {
    const { episodes, series } = follow(cycle, 'seasonal');
    expect(episodes).toEqual([]);
    expect(series.get('size')).toMatchObject({ state: 'ok', against: 'seasonal' });
  });

  it('seasonal: sees a shift on top of the cycle, from the week after the first on', () => {
    const moved = START + 2 * WEEK;
    const shifted = timelineOf(3 * 168, (time) => daily(time) + (time >= moved ? 0.5 : 0));
    const { episodes, series } = follow(shifted, 'seasonal');
    expect(episodes).toHaveLength(1);
    expect(episodes[0]!.from).toBeGreaterThanOrEqual(moved);
    expect(episodes[0]!.from).toBeLessThanOrEqual(moved + 3 * HOUR);
    expect(series.get('size')!.state).toBe('drift');
  });

  it('seasonal: has nothing to compare the first week with', () => {
    const { series } = follow(timelineOf(100, daily), 'seasonal');
    expect(series.get('size')).toMatchObject({ state: 'not-enough-data', effectiveN: 0 });
  });

  it('recent: what moved long ago and stays is an alarm against training only', () => {
    const stays = timelineOf(240, () => 0.6);
    expect(follow(stays, 'training', steady).series.get('size')!.state).toBe('drift');
    const recent = follow(stays, 'recent', steady);
    expect(recent.series.get('size')!.state).toBe('ok');
    expect(recent.episodes).toEqual([]);
  });

  it('recent: a move is an alarm until the reference has moved too', () => {
    const moved = START + 8 * DAY;
    const { episodes } = follow(
      timelineOf(20 * 24, (time) => (time >= moved ? 0.6 : 0)),
      'recent',
      steady,
    );
    const { from } = episodes[0]!;
    const { to } = episodes.at(-1)!;
    expect(from).toBeGreaterThanOrEqual(moved);
    expect(from).toBeLessThanOrEqual(moved + 3 * HOUR);
    expect(to).toBeGreaterThan(moved + 3 * DAY);
    expect(to).toBeLessThan(moved + 8.5 * DAY);
  });

  it('recent: too short a past is not enough data', () => {
    const { series } = follow(
      timelineOf(4, () => 0, { perGroup: 10 }),
      'recent',
      steady,
    );
    expect(series.get('size')!.state).toBe('not-enough-data');
  });

  it.each(['recent', 'seasonal'] as const)(
    '%s: what was found of a window does not change with what comes after',
    (against) => {
      const meanAt = (time: number) => daily(time) / 4 + (time >= START + 9 * DAY ? 0.7 : 0);
      const whole = timelineOf(13 * 24, meanAt);
      const cut = START + 11 * DAY;
      const short = { ...whole, windows: new Map([...whole.windows].filter(([at]) => at < cut)) };
      const before = follow(short, against, steady).episodes;
      const after = follow(whole, against, steady).episodes.filter(({ from }) => from < cut);
      expect(before.length).toBeGreaterThan(0);
      expect(after.map(({ from }) => from)).toEqual(before.map(({ from }) => from));
    },
  );

  it('reports of several references the worst state, and which it was', () => {
    const policy = policyOf({ references: ['recent', 'training'] });
    const { series } = followDrift(
      timelineOf(240, () => 0.6),
      steady,
      policy,
      START,
    );
    expect(series.get('size')).toMatchObject({ state: 'drift', against: 'training' });
  });
});
