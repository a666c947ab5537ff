import {
  type DataSeries,
  FIRST_CATEGORY,
  GROUPS,
  mergeSparse,
  type SparseCounts,
} from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import { countNumbers, numericSeries } from '../testing/profiles.ts';
import { normal, uniform } from '../testing/random.ts';
import { Alarm } from './alarm.ts';
import { policyOf } from './policy.ts';
import type { Tested } from './tested.ts';

const gauss = normal(uniform(3));
const draw = (n: number, from: () => number | null): (number | null)[] =>
  Array.from({ length: n }, from);
const rows = draw(20_000, gauss) as number[];
const size = numericSeries('size', rows);
const TESTED: Tested[] = [{ series: size, reference: countNumbers(size, rows) }];

/** One window of n values, spread over all groups. */
const windowOf = (n: number, from: () => number | null) =>
  Array.from({ length: GROUPS }, () => countNumbers(size, draw(Math.ceil(n / GROUPS), from)));

function follow(alarm: Alarm, windows: readonly (() => number | null)[], n = 1000) {
  return windows.map((from, i) => alarm.next(i, () => windowOf(n, from)).series[0]!);
}
const times = (n: number, from: () => number | null) => Array.from({ length: n }, () => from);

describe('the alarm', () => {
  it('is silent on 120 unshifted windows', () => {
    const states = follow(new Alarm(TESTED, policyOf()), times(120, gauss)).map((s) => s.state);
    expect(states.filter((state) => state === 'drift')).toEqual([]);
    expect(states.filter((state) => state === 'ok').length).toBeGreaterThan(110);
  });

  it('needs two of the last three windows, and ends', () => {
    const moved = () => gauss() + 0.5;
    const plan = [
      ...times(6, gauss),
      moved,
      ...times(4, gauss),
      ...times(3, moved),
      ...times(5, gauss),
    ];
    const states = follow(new Alarm(TESTED, policyOf()), plan).map(({ state }) => state);
    expect(states[6], 'one window alone').not.toBe('drift');
    expect(states.slice(0, 11)).not.toContain('drift');
    expect(states.slice(12, 14)).toEqual(['drift', 'drift']);
    expect(states.at(-1)).toBe('ok');
  });

  it('watches what is significant and small', () => {
    const plan = [...times(3, gauss), ...times(4, () => gauss() + 0.06)];
    const last = follow(new Alarm(TESTED, policyOf()), plan, 40_000).at(-1)!;
    expect(last.state).toBe('watch');
    expect(last.severity).toBeLessThan(1);
    expect(last.size!.wasserstein).toBeGreaterThan(0.02);
  });

  it('takes its sizes from the policy', () => {
    const plan = [...times(3, gauss), ...times(4, () => gauss() + 0.06)];
    const features = { size: { wasserstein: 0.03 } };
    const last = follow(new Alarm(TESTED, policyOf({ features })), plan, 40_000).at(-1)!;
    expect(last.state).toBe('drift');
  });

  it('sees missing values and values beyond the range as rates', () => {
    const random = uniform(9);
    const holes = () => (random() < 0.05 ? null : gauss());
    const wild = () => (random() < 0.03 ? gauss() + 6 : gauss());
    const found = [holes, wild].map(
      (from) =>
        follow(new Alarm(TESTED, policyOf()), [...times(3, gauss), ...times(3, from)]).at(-1)!,
    );
    expect(found.map(({ state }) => state)).toEqual(['drift', 'drift']);
    expect(found[0]!.by).toBe('missing');
    expect(found[1]!.by).toMatch(/above|tail/);
  });

  it('does not call few predictions unshifted, but says what it finds in them', () => {
    const last = (from: () => number) =>
      follow(new Alarm(TESTED, policyOf()), times(5, from), 64).at(-1)!;
    const quiet = last(gauss);
    expect(quiet.state).toBe('not-enough-data');
    expect(quiet.effectiveN).toBeLessThan(quiet.neededN);
    const moved = last(() => gauss() + 2);
    expect(moved.state).toBe('drift');
    expect(moved.effectiveN).toBeLessThan(moved.neededN);
  });

  it('does not judge few devices, however much they say', () => {
    const alarm = new Alarm(TESTED, policyOf());
    const one = [0, 1, 2, 3].map(
      (i) =>
        alarm.next(i, () => [
          countNumbers(
            size,
            draw(5000, () => gauss() + 2),
          ),
        ]).series[0]!,
    );
    expect(one.at(-1)!.state).toBe('not-enough-data');
  });

  it('takes one device that predicts a fifth of everything for one device', () => {
    const alarm = new Alarm(TESTED, policyOf());
    const states = times(18, gauss).map((_, i) => {
      const groups = windowOf(1000, gauss);
      const heavy = countNumbers(
        size,
        draw(250, () => 2 + gauss() / 2),
      );
      if (i >= 12) groups[3] = mergeSparse(groups[3]!, heavy);
      return alarm.next(i, () => groups).series[0]!;
    });
    expect(states.slice(6).map(({ state }) => state)).toEqual(
      Array(12).fill('ok').fill('not-enough-data', 6),
    );
    expect(states.at(-1)!.deff).toBeGreaterThan(10);
  });

  it('takes two devices that say the same all the time for two devices', () => {
    // Eight groups have predictions, but each only of one value: not many observations, but few.
    const alarm = new Alarm(TESTED, policyOf());
    const habits = draw(8, gauss) as number[];
    const states = times(8, gauss).map(
      (_, i) =>
        alarm.next(i, () =>
          habits.map((habit) =>
            countNumbers(
              size,
              draw(200, () => habit),
            ),
          ),
        ).series[0]!,
    );
    expect(states.at(-1)!.state).toBe('not-enough-data');
    expect(states.at(-1)!.deff).toBeGreaterThan(50);
  });

  it('sees a category whose share moves, and no other', () => {
    const series: DataSeries = {
      name: 'roof',
      kind: 'category',
      categories: ['flat', 'hip', 'gable'],
    };
    const reference = [FIRST_CATEGORY, 6000, FIRST_CATEGORY + 1, 3000, FIRST_CATEGORY + 2, 1000];
    const random = uniform(21);
    const counts = (n: number, gable: number): SparseCounts => {
      const bins = [0, 0, 0];
      for (let i = 0; i < n; i++) {
        const u = random();
        bins[u < gable ? 2 : u < gable + (1 - gable) / 3 ? 1 : 0]!++;
      }
      return bins.flatMap((count, i) => (count > 0 ? [FIRST_CATEGORY + i, count] : []));
    };
    const states = (gable: number) => {
      const alarm = new Alarm([{ series, reference }], policyOf());
      return times(6, gauss).map(
        (_, i) =>
          alarm.next(i, () =>
            Array.from({ length: GROUPS }, () => counts(100, i < 3 ? 0.1 : gable)),
          ).series[0]!.state,
      );
    };
    expect(states(0.1)).not.toContain('drift');
    expect(states(0.3).at(-1)).toBe('drift');
  });
});
