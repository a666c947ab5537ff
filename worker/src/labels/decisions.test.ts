import 'fake-indexeddb/auto';
import { catalogueOf, SERIES } from '@siskin/protocol';
import { describe, expect, it } from 'vitest';
import type { Database } from '../database.ts';
import { brokenDatabase, testDatabase } from '../testing/database.ts';
import { VERSION_OF_M } from '../testing/live.ts';
import { type Decision, Decisions } from './decisions.ts';
import { KEPT } from './shelf.ts';

const CATALOGUE = catalogueOf(VERSION_OF_M.spec, VERSION_OF_M.series);
const DAY = 86_400_000;

const answer = (label: string, version = 'v1'): Decision => ({
  assignment: { model: 'm', version, arm: 'champion', sequence: 3 },
  label,
  confidence: 0.75,
  value: null,
  catalogue: CATALOGUE,
});

const clock = { now: 1_800_000_000_000 };
/** A visit of a device: what it has in memory ends with it. */
const visit = (database: Database, consent = true) =>
  new Decisions(database, () => clock.now, consent);

describe('decisions', () => {
  it('are known at once, and on later visits', async () => {
    const database = await testDatabase();
    const first = visit(database);
    first.add('a', answer('cat'));
    expect(await first.find('a')).toMatchObject({ label: 'cat', catalogue: CATALOGUE });
    expect(await visit(database).find('a')).toBeUndefined();
    await first.write();

    const found = await visit(database).find('a');
    expect(found).toMatchObject({ label: 'cat', confidence: 0.75, value: null });
    expect(found?.assignment).toEqual(answer('cat').assignment);
    // What its outcome is counted by came along; the inputs' series did not have to.
    expect(found?.catalogue.get(SERIES.reliability)).toEqual(CATALOGUE.get(SERIES.reliability));
    expect(found?.catalogue.has(SERIES.latency)).toBe(false);
  });

  it('go when their days are over', async () => {
    const database = await testDatabase();
    const decisions = visit(database);
    decisions.add('week', answer('cat'));
    decisions.add('days', answer('cat'), 2);
    decisions.add('visit', answer('cat'), 0);
    await decisions.write();
    expect(await decisions.find('visit')).toBeDefined();
    expect(await visit(database).find('visit')).toBeUndefined();

    clock.now += 2 * DAY + 1;
    const later = visit(database);
    expect(await later.find('days')).toBeUndefined();
    expect(await later.find('week')).toBeDefined();
    later.add('new', answer('dog'));
    await later.write();
    expect(await database.getAllKeys('decisions')).toEqual(['m\nv1', 'new', 'week']);
    clock.now += 5 * DAY;
    expect(await visit(database).find('week')).toBeUndefined();
    expect(await visit(database).find('new')).toBeDefined();
  });

  it('are bounded: those that end soonest go', async () => {
    const database = await testDatabase();
    const decisions = visit(database);
    for (let i = 0; i < KEPT; i++) decisions.add(`p${i}`, answer('cat'));
    await decisions.write();
    clock.now++;
    decisions.add('last', answer('cat'));
    await decisions.write();
    clock.now++;
    decisions.add('very last', answer('cat'));
    await decisions.write();
    expect(await database.count('decisions')).toBe(KEPT);
    const later = visit(database);
    expect(await later.find('very last')).toBeDefined();
    expect(await later.find('last')).toBeDefined();
    expect(await decisions.find('p0')).toBeUndefined();
  });

  it('keep the first truth, and one check of it, across visits', async () => {
    const database = await testDatabase();
    const decisions = visit(database);
    decisions.add('a', answer('cat'));
    expect((await decisions.tell('a', 'dog')).truth).toBeUndefined();
    const later = visit(database);
    expect(await later.tell('a', 'cat')).toMatchObject({ truth: 'dog' });
    expect((await later.tell('a', 'cat')).checked).toBe(true);
    // The tab that made the prediction is told so, too.
    expect(await decisions.tell('a', 'cat')).toMatchObject({ truth: 'dog', checked: true });
  });

  it('take one truth of two that are told at once', async () => {
    const decisions = visit(await testDatabase());
    decisions.add('a', answer('cat'));
    const told = await Promise.all(['cat', 'dog', 'cow'].map((is) => decisions.tell('a', is)));
    expect(told.map(({ truth, checked }) => [truth, checked])).toEqual([
      [undefined, undefined],
      ['cat', undefined],
      ['cat', true],
    ]);
  });

  it('live in memory where nothing can be stored', async () => {
    const decisions = visit(await brokenDatabase());
    decisions.add('a', answer('cat'));
    await decisions.write();
    expect(await decisions.find('a')).toMatchObject({ label: 'cat' });
    expect((await decisions.tell('a', 'dog')).truth).toBeUndefined();
    expect(await decisions.tell('a', 'cat')).toMatchObject({ truth: 'dog' });
    expect(await decisions.find('b')).toBeUndefined();
    await decisions.setConsent(false);
  });

  it('are not kept without consent, and forgotten when it is withdrawn', async () => {
    const database = await testDatabase();
    const without = visit(database, false);
    without.add('a', answer('cat'));
    await without.write();
    expect(await database.count('decisions')).toBe(0);
    expect(await without.find('a')).toBeNull();

    const decisions = visit(database);
    decisions.add('b', answer('cat'));
    await decisions.write();
    decisions.add('c', answer('cat'));
    await decisions.setConsent(false);
    await decisions.write();
    expect(await database.count('decisions')).toBe(0);
    await decisions.setConsent(true);
    expect(await decisions.find('b')).toBeUndefined();
  });
});
