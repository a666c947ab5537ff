import { describe, expect, it } from 'vitest';
import { FIRST_ATOM, IDENTITY } from './bins.ts';
import { ERROR_CODES } from './errors.ts';
import {
  ACCOUNTS,
  bandOf,
  CATEGORY_MISSING,
  CATEGORY_OTHER,
  catalogueOf,
  categoryBinOf,
  categoryOf,
  type DataSeries,
  FIRST_CATEGORY,
  SERIES,
  type Series,
  sizeOf,
  transformOf,
} from './series.ts';
import { parseSpec } from './spec.ts';
import { DIGITS, HOUSE } from './specs.fixture.ts';

const AREA: DataSeries = {
  name: SERIES.input('area'),
  kind: 'numeric',
  center: 1300,
  scale: 500,
  atoms: [864, 1040],
  min: 334,
  max: 5642,
};

describe('categories', () => {
  const categories = ['north', 'south', 'missing', 'other'];

  it('have bins of their own, besides missing and other', () => {
    expect([CATEGORY_MISSING, CATEGORY_OTHER, FIRST_CATEGORY]).toEqual([0, 1, 2]);
    expect(categoryBinOf('north', categories)).toBe(2);
    expect(categoryBinOf('other', categories)).toBe(5);
    expect(categoryBinOf('east', categories)).toBe(CATEGORY_OTHER);
    expect(categoryBinOf('', categories)).toBe(CATEGORY_OTHER);
    expect(categoryBinOf(null, categories)).toBe(CATEGORY_MISSING);
    expect(categoryBinOf(undefined, categories)).toBe(CATEGORY_MISSING);
  });

  it('are told from bins, null for missing, undefined for any other', () => {
    for (const name of categories) {
      expect(categoryOf(categoryBinOf(name, categories), categories)).toBe(name);
    }
    expect(categoryOf(CATEGORY_MISSING, categories)).toBeNull();
    expect(categoryOf(CATEGORY_OTHER, categories)).toBeUndefined();
    expect(categoryOf(99, categories)).toBeUndefined();
  });

  it('keep their bins when the list grows at its end', () => {
    const longer = [...categories, 'west'];
    for (const name of categories) {
      expect(categoryBinOf(name, longer)).toBe(categoryBinOf(name, categories));
    }
  });
});

describe('sizeOf', () => {
  it('counts every bin that a value can land in', () => {
    expect(sizeOf(AREA)).toBe(FIRST_ATOM + 2);
    expect(sizeOf({ name: 'm', kind: 'magnitude', unit: 'ms' })).toBe(FIRST_ATOM);
    expect(sizeOf({ name: 'u', kind: 'unit' })).toBe(52);
    expect(sizeOf({ name: 'c', kind: 'category', categories: ['a', 'b'] })).toBe(4);
    expect(sizeOf({ name: 't', kind: 'table', rows: ['a', 'b', 'c'], columns: ['x', 'y'] })).toBe(
      6,
    );
    const bands: Series = { ...AREA, name: 'b', kind: 'banded', edges: [1, 2] };
    expect(sizeOf(bands)).toBe(3 * (FIRST_ATOM + 2));
  });
});

describe('bandOf', () => {
  it.each([
    [-1, 0],
    [1, 0],
    [1.5, 1],
    [2, 1],
    [2.5, 2],
  ])('puts %d in band %d: upper edges are inclusive', (value, band) => {
    expect(bandOf(value, [1, 2])).toBe(band);
  });
});

describe('transformOf', () => {
  it('is the reference of a feature, and z = value without one', () => {
    expect(transformOf(AREA)).toMatchObject({ center: 1300, scale: 500, atoms: [864, 1040] });
    expect(transformOf({ name: 'm', kind: 'magnitude', unit: 'ms' })).toBe(IDENTITY);
  });
});

describe('catalogueOf', () => {
  it('holds the fixed series, the stages of the spec and the data of the profile', () => {
    const catalogue = catalogueOf(parseSpec(HOUSE), [AREA]);
    expect([...catalogue.keys()].sort()).toEqual(
      [
        'input/area',
        'outcome/consistency',
        'output/answer',
        'output/decision',
        'predictions',
        'software/backend',
        'software/error',
        'software/fallback',
        'software/latency',
        'software/load',
        'stage/geocode',
        'stage/geocode/result',
        'unit/event',
        'unit/latency',
        'unit/load',
        'user/signal',
      ].sort(),
    );
    expect(catalogue.get('input/area')).toBe(AREA);
    for (const [name, series] of catalogue) expect(series.name).toBe(name);
  });

  it('has a table of truth by prediction for a classifier', () => {
    const catalogue = catalogueOf(parseSpec(DIGITS), []);
    const labels = ['zero', 'one', 'two', 'other'];
    expect(catalogue.get(SERIES.confusion)).toMatchObject({ rows: labels, columns: labels });
    expect(catalogue.get(SERIES.reliability)).toMatchObject({ columns: ['wrong', 'right'] });
    expect(sizeOf(catalogue.get(SERIES.reliability)!)).toBe(104);
  });

  it('leaves out a confusion table that would outweigh the batch', () => {
    const outputs = (labels: number) => [
      { kind: 'classification', labels: Array.from({ length: labels }, (_, i) => `label ${i}`) },
    ];
    const has = (labels: number) =>
      catalogueOf(parseSpec({ ...DIGITS, outputs: outputs(labels) }), []).has(SERIES.confusion);
    expect(has(64)).toBe(true);
    expect(has(65)).toBe(false);
  });

  it('can count every error and every account', () => {
    const catalogue = catalogueOf(parseSpec(HOUSE), []);
    expect(catalogue.get(SERIES.error)).toMatchObject({ categories: ERROR_CODES });
    expect(catalogue.get(SERIES.predictions)).toMatchObject({ categories: ACCOUNTS });
  });

  it('is a pure function: both ends agree', () => {
    const [device, collector] = [1, 2].map(() => catalogueOf(parseSpec(HOUSE), [AREA]));
    expect([...device!]).toEqual([...collector!]);
  });
});
