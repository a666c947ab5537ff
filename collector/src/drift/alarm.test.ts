import {
  type DataSeries,
  FIRST_CATEGORY,
  type SparseCounts,
  sizeOf,
  toSparse,
  unitBinOf,
} from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import { countNumbers, numericSeries } from '../testing/profiles.ts';
import { normal, uniform } from '../testing/random.ts';
import { judge } from './alarm.ts';
import { measure } from './measure.ts';

/** Twelve features: numbers of several shapes, one full of zeros, a share, a category. */
function world(seed: number, referenceRows = 2000) {
  const random = uniform(seed);
  const gauss = normal(random);
  const draws: ((shift: number) => number)[] = [
    (s) => gauss() + s,
    (s) => Math.exp(gauss() + s),
    (s) => 300 + gauss() + s,
    (s) => (random() < 0.4 ? 0 : Math.exp(gauss() + s)),
    (s) => Math.floor(random() * 8 + s * 4),
    (s) => random() + s,
    (s) => 1500 + 500 * (gauss() + s),
    (s) => gauss() ** 2 + s,
    (s) => (random() < 0.5 ? gauss() - 4 : gauss() + 4 + s),
    (s) => (gauss() + s) * 1e-6,
  ];
  const shares: DataSeries = { name: 'confidence', kind: 'unit' };
  const labels: DataSeries = { name: 'label', kind: 'category', categories: ['a', 'b', 'c', 'd'] };
  const share = (s: number): number => Math.min(Math.sqrt(random()) * (1 - s), 1);
  const label = (s: number): number => {
    const u = random() - s;
    return u < 0.5 ? 0 : u < 0.8 ? 1 : u < 0.95 ? 2 : 3;
  };
  const countUnit = (n: number, s: number): SparseCounts => {
    const dense = new Float64Array(sizeOf(shares));
    for (let i = 0; i < n; i++) dense[unitBinOf(share(s))]!++;
    return toSparse(dense);
  };
  const countLabels = (n: number, s: number): SparseCounts => {
    const dense = new Float64Array(sizeOf(labels));
    for (let i = 0; i < n; i++) dense[FIRST_CATEGORY + label(s)]!++;
    return toSparse(dense);
  };
  const references = draws.map((draw, i) => {
    const values = Array.from({ length: referenceRows }, () => draw(0));
    const series = numericSeries(`f${i}`, values);
    return { series, counts: countNumbers(series, values), draw };
  });
  const unit = countUnit(referenceRows, 0);
  const category = countLabels(referenceRows, 0);
  /** One window of n observations; feature `which` is shifted. */
  return (n: number, which = -1, shift = 0) =>
    judge([
      ...references.map(({ series, counts, draw }, i) => {
        const values = Array.from({ length: n }, () => draw(i === which ? shift : 0));
        return measure(series, counts, countNumbers(series, values));
      }),
      measure(shares, unit, countUnit(n, which === 10 ? shift : 0)),
      measure(labels, category, countLabels(n, which === 11 ? shift : 0)),
    ]);
}

describe('the interim alarm', () => {
  it('is silent on 400 unshifted windows of 1000, over 20 references', () => {
    let alarms = 0;
    let watches = 0;
    for (let seed = 0; seed < 20; seed++) {
      const window = world(seed);
      for (let i = 0; i < 20; i++) {
        const { alarm, features } = window(1000);
        if (alarm) alarms++;
        watches += features.filter((feature) => feature.state !== 'ok').length;
      }
    }
    expect(alarms).toBe(0);
    expect(watches).toBeLessThanOrEqual(8);
  }, 60_000);

  it('is silent on 200 unshifted windows of 100', () => {
    let alarms = 0;
    for (let seed = 0; seed < 20; seed++) {
      const window = world(100 + seed);
      for (let i = 0; i < 10; i++) if (window(100).alarm) alarms++;
    }
    expect(alarms).toBe(0);
  }, 60_000);

  it('finds a shift of half a standard deviation in any one feature, and blames no other', () => {
    const window = world(7);
    for (let which = 0; which < 12; which++) {
      const shift = which === 5 ? 0.2 : which >= 10 ? 0.15 : 0.5;
      const { alarm, features } = window(1000, which, shift);
      expect.soft(alarm, features[which]!.name).toBe(true);
      expect
        .soft(features.filter((f) => f.state === 'drift').map((f) => f.name))
        .toEqual([features[which]!.name]);
    }
  });

  it('watches what is significant but small', () => {
    const window = world(8, 20_000);
    const { features, alarm } = window(20_000, 0, 0.1);
    expect(features[0]).toMatchObject({ state: 'watch' });
    expect(features[0]!.chiSquare!.p).toBeLessThan(1e-6);
    expect(alarm).toBe(false);
  }, 60_000);

  it('does not judge fewer than 100', () => {
    const { features, alarm } = world(9)(99, 0, 5);
    expect(alarm).toBe(false);
    expect(features.every((feature) => feature.state === 'not-enough-data')).toBe(true);
  });
});

describe('rates', () => {
  const values = Array.from({ length: 2000 }, (_, i) => i);
  const series = numericSeries('age', values);
  const reference = countNumbers(series, values);
  const spread = (n: number): number[] => Array.from({ length: n }, (_, i) => (i * 2000) / n);

  it('raise the alarm when values go missing', () => {
    const current = countNumbers(series, [...spread(970), ...new Array<null>(30).fill(null)]);
    const measured = measure(series, reference, current);
    expect(measured).toMatchObject({ n: 1000, rates: { missing: { share: 0.03, reference: 0 } } });
    expect(judge([measured])).toMatchObject({ alarm: true, features: [{ state: 'drift' }] });
  });

  it('raise the alarm for values beyond the reference, which fill no bin twice', () => {
    const current = countNumbers(series, [...spread(970), ...new Array<number>(30).fill(1e6)]);
    const measured = measure(series, reference, current);
    expect(measured).toMatchObject({ n: 1000, rates: { above: { share: 0.03 } } });
    expect(judge([measured]).alarm).toBe(true);
  });

  it('do not for a handful', () => {
    const current = countNumbers(series, [...spread(997), null, null, 1e6]);
    expect(judge([measure(series, reference, current)])).toMatchObject({
      alarm: false,
      features: [{ state: 'ok' }],
    });
  });

  it('raise it for NaN, and for unknown categories', () => {
    const nan = countNumbers(series, [...spread(980), ...new Array<number>(20).fill(Number.NaN)]);
    expect(judge([measure(series, reference, nan)]).alarm).toBe(true);
    const labels: DataSeries = { name: 'l', kind: 'category', categories: ['a', 'b'] };
    const measured = measure(labels, [2, 500, 3, 500], [1, 40, 2, 480, 3, 480]);
    expect(measured.rates.other).toMatchObject({ share: 0.04, reference: 0 });
    expect(judge([measured]).alarm).toBe(true);
  });

  it('stand alone where every value is missing', () => {
    const measured = measure(series, reference, [0, 500]);
    expect(measured).toMatchObject({
      n: 500,
      psi: null,
      ks: null,
      wasserstein: null,
      chiSquare: null,
      rates: { missing: { share: 1 } },
    });
    expect(judge([measured]).alarm).toBe(true);
  });
});
