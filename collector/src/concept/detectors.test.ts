import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Adwin } from './adwin.ts';
import { Ddm } from './ddm.ts';
import { detect } from './detectors.ts';
import { PageHinkley } from './pageHinkley.ts';

interface Case {
  title: string;
  detector: 'page_hinkley' | 'ddm' | 'adwin';
  stream: number[];
  changes: number[];
  warnings?: number[];
  width?: number;
  mean?: number;
  variance?: number;
}

/** What river answers; test/oracle/concept/detectors.py made it and held it to what river publishes. */
const CASES: Case[] = JSON.parse(
  readFileSync(new URL('../../../test/oracle/concept/detectors.json', import.meta.url), 'utf8'),
);
const of = (detector: Case['detector']) =>
  CASES.filter((one) => one.detector === detector).map((one) => [one.title, one] as const);

const indices = (stream: readonly number[], tells: (value: number) => boolean) =>
  stream.flatMap((value, i) => (tells(value) ? [i] : []));

describe('agrees with river:', () => {
  it.each(of('page_hinkley'))('Page–Hinkley, %s', (_, { stream, changes }) => {
    const detector = new PageHinkley();
    expect(indices(stream, (value) => detector.update(value))).toEqual(changes);
  });

  it.each(of('ddm'))('DDM, %s', (_, { stream, changes, warnings }) => {
    const detector = new Ddm();
    const told = stream.map((value) => detector.update(value));
    const at = (what: string) => told.flatMap((state, i) => (state === what ? [i] : []));
    expect(at('drift')).toEqual(changes);
    expect(at('warning')).toEqual(warnings);
  });

  it.each(of('adwin'))('ADWIN, %s', (_, { stream, changes, width, mean, variance }) => {
    const detector = new Adwin();
    expect(indices(stream, (value) => detector.update(value))).toEqual(changes);
    expect(detector.width).toBe(width);
    expect(detector.mean).toBeCloseTo(mean!, 12);
    expect(detector.variance / variance!).toBeCloseTo(1, 9);
  });
});

describe('detect', () => {
  it('names the windows at which each detector tells a change', () => {
    const found = CASES.filter(({ title }) => title === 'rates .1, .6, .1');
    const start = 1_800_000_000_000;
    const at = (i: number) => new Date(start + i * 3_600_000).toISOString();
    const rates = found[0]!.stream.map((rate, i) => ({ window: at(i), rate }));
    const expected = Object.fromEntries(
      found.map(({ detector, changes }) => [detector, changes.map(at)]),
    );
    const { windows, pageHinkley, ddm, adwin } = detect(rates);
    expect(windows).toBe(900);
    expect(pageHinkley).toEqual(expected.page_hinkley);
    expect(ddm.changes).toEqual(expected.ddm);
    expect(adwin).toEqual(expected.adwin);
    expect([pageHinkley, ddm.changes, adwin].every((those) => those.length > 0)).toBe(true);
  });

  it('tells nothing of no windows, nor of one', () => {
    for (const rates of [[], [{ window: '2026-01-01T00:00:00.000Z', rate: 1 }]]) {
      expect(detect(rates)).toMatchObject({
        pageHinkley: [],
        ddm: { warnings: [], changes: [] },
        adwin: [],
      });
    }
  });
});
