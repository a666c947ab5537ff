import { describe, expect, it } from 'vitest';
import { type Batch, checkEntry, GROUPS, LIMITS, parseBatch } from './batch.ts';
import { catalogueOf, type DataSeries } from './series.ts';
import { parseSpec } from './spec.ts';
import { changed, HOUSE } from './specs.fixture.ts';

const BATCH: Batch = {
  v: 1,
  id: 'AAAAAAAAAAAAAAAAAAAAAA',
  group: 3,
  sdk: '0.1.0',
  age: 1200,
  span: 60_000,
  entries: [
    {
      model: 'house',
      version: 'v1',
      arm: 'champion',
      sequence: 4,
      series: { predictions: [2, 10], 'input/area': [216, 7, 425, 3] },
    },
  ],
};

const AREA: DataSeries = {
  name: 'input/area',
  kind: 'numeric',
  center: 0,
  scale: 1,
  atoms: [0],
  min: -1,
  max: 1,
};
const CATALOGUE = catalogueOf(parseSpec(HOUSE), [AREA]);

const refusal = (code: string, message: string) =>
  expect.objectContaining({ name: 'SiskinError', code, message: expect.stringContaining(message) });

describe('parseBatch', () => {
  it('takes a batch as it comes from JSON', () => {
    expect(parseBatch(JSON.parse(JSON.stringify(BATCH)))).toEqual(BATCH);
  });

  it('takes the limits themselves', () => {
    const entries = Array.from({ length: LIMITS.entries }, () => BATCH.entries[0]);
    expect(parseBatch({ ...BATCH, entries, group: GROUPS - 1, age: LIMITS.ageMs })).toBeDefined();
  });

  it.each([
    ['another version', ['v'], 2, 'v'],
    ['no id', ['id'], undefined, 'id'],
    ['a short id', ['id'], 'AAAA', 'id'],
    ['an id of another alphabet', ['id'], 'AAAAAAAAAAAAAAAAAAAAA+', 'id'],
    ['an id with a line after it', ['id'], `${BATCH.id}\n`, 'id'],
    ['text in place of a version', ['sdk'], '<script>', 'sdk'],
    ['a version with a word after it', ['sdk'], '1.0.0 jane@example.com', 'sdk'],
    ['a group beyond the last', ['group'], GROUPS, 'group'],
    ['a negative group', ['group'], -1, 'group'],
    ['half a group', ['group'], 0.5, 'group'],
    ['an age of NaN', ['age'], Number.NaN, 'age'],
    ['a negative age', ['age'], -1, 'age'],
    ['an age beyond a month', ['age'], LIMITS.ageMs + 1, 'age'],
    ['a span as text', ['span'], '60000', 'span'],
    ['an unknown member', ['user'], 'me@example.com', 'user'],
    ['no entries', ['entries'], [], 'entries'],
    [
      'too many entries',
      ['entries'],
      new Array(LIMITS.entries + 1).fill(BATCH.entries[0]),
      'entries',
    ],
    ['an entry that is null', ['entries', 0], null, 'entries.0'],
    ['a nameless model', ['entries', 0, 'model'], '', 'entries.0.model'],
    ['a long version', ['entries', 0, 'version'], 'v'.repeat(65), 'entries.0.version'],
    ['an arm nobody has', ['entries', 0, 'arm'], 'control', 'entries.0.arm'],
    [
      'a sequence that is no integer of JSON',
      ['entries', 0, 'sequence'],
      2 ** 53,
      'entries.0.sequence',
    ],
    ['an unknown member of an entry', ['entries', 0, 'raw'], [1], 'entries.0.raw'],
    [
      'counts as an object',
      ['entries', 0, 'series', 'predictions'],
      { 2: 1 },
      'entries.0.series.predictions',
    ],
    [
      'counts of text',
      ['entries', 0, 'series', 'predictions'],
      [2, '1'],
      'entries.0.series.predictions.1',
    ],
    [
      'counts with a hole',
      ['entries', 0, 'series', 'predictions'],
      [2, null],
      'entries.0.series.predictions.1',
    ],
  ])('refuses %s and says where', (_, path, value, where) => {
    expect(() => parseBatch(changed(BATCH, path, value))).toThrow(
      refusal('batch_invalid', `${where}: `),
    );
  });

  it('refuses more series than a model version can have', () => {
    const series = Object.fromEntries(
      Array.from({ length: LIMITS.series + 1 }, (_, i) => [`s${i}`, [0, 1]]),
    );
    expect(() => parseBatch(changed(BATCH, ['entries', 0, 'series'], series))).toThrow(
      refusal('batch_invalid', `more than ${LIMITS.series} series`),
    );
  });

  it.each([[null], [undefined], ['{}'], [[]], [7], [true]])('refuses %j', (value) => {
    expect(() => parseBatch(value)).toThrow(refusal('batch_invalid', 'the batch is invalid'));
  });
});

describe('checkEntry', () => {
  const entry = BATCH.entries[0]!;
  const check = (series: Record<string, unknown>) =>
    checkEntry({ ...entry, series } as typeof entry, CATALOGUE);

  it('takes what the model version can count', () => {
    expect(() => checkEntry(entry, CATALOGUE)).not.toThrow();
    expect(() => check({})).not.toThrow();
    expect(() => check({ predictions: [2, LIMITS.count] })).not.toThrow();
  });

  it.each(['input/secret', '', 'constructor', '__proto__', 'x'.repeat(500)])(
    'refuses the unknown series "%s" by name',
    (name) => {
      const series = Object.fromEntries([[name, [0, 1]]]);
      expect(() => check(series)).toThrow(refusal('batch_unknown_series', name.slice(0, 160)));
    },
  );

  it('does not repeat a name without end', () => {
    expect(() => check({ ['x'.repeat(1e6)]: [0, 1] })).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{0,300}$/) }),
    );
  });

  it.each([
    ['a negative count', [216, -1]],
    ['a count of zero', [216, 0]],
    ['half a count', [216, 0.5]],
    ['a count of NaN', [216, Number.NaN]],
    ['a count beyond the bound', [216, LIMITS.count + 1]],
    ['a bin beyond the last', [426, 1]],
    ['a negative bin', [-1, 1]],
    ['a bin twice', [216, 1, 216, 1]],
    ['a bin without a count', [216]],
  ])('refuses %s and names the series', (_, counts) => {
    expect(() => check({ 'input/area': counts })).toThrow(
      refusal('batch_invalid', 'series "input/area": '),
    );
  });
});
