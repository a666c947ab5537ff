import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brokenDatabase, testDatabase } from '../testing/database.ts';
import { type Report, TYPICAL_OF, Units } from './units.ts';

const report = (about: Partial<Report> = {}): Report => ({
  unit: 'm\nsalt\n0.1\ncanary',
  sequence: 5,
  events: [],
  ...about,
});

describe('an event', () => {
  it('is news once: to this visit, to the next, and to another tab', async () => {
    const name = crypto.randomUUID();
    const one = new Units(await testDatabase(name));
    const tab = new Units(await testDatabase(name));
    const all = await Promise.all(
      [one, tab, one, tab].map((units) => units.report(report({ events: ['error'] }))),
    );
    expect(all.flatMap(({ events }) => events)).toEqual(['error']);
    const later = new Units(await testDatabase(name));
    expect(await later.report(report({ events: ['error', 'null'] }))).toEqual({
      events: ['null'],
      typical: {},
    });
  });

  it('is news once a visit where nothing can be stored', async () => {
    const units = new Units(await brokenDatabase());
    const told = [];
    for (let i = 0; i < 3; i++)
      told.push(...(await units.report(report({ events: ['error'] }))).events);
    expect(told).toEqual(['error']);
  });

  it('is news once when storage is lost in the middle of a visit', async () => {
    const database = await testDatabase();
    const units = new Units(database);
    expect((await units.report(report({ events: ['error'] }))).events).toEqual(['error']);
    database.close();
    expect((await units.report(report({ events: ['error', 'null'] }))).events).toEqual(['null']);
    expect((await units.report(report({ events: ['error', 'null'] }))).events).toEqual([]);
  });

  it('is news in every unit', async () => {
    const units = new Units(await testDatabase());
    for (const unit of ['a', 'b', 'c'])
      expect((await units.report(report({ unit, events: ['error'] }))).events).toEqual(['error']);
  });

  it('that comes late is none of a unit that began later, or not at all', async () => {
    const units = new Units(await testDatabase());
    const late = (sequence: number) =>
      units.report(report({ sequence, events: ['redo'], late: true }));
    expect((await late(5)).events).toEqual([]);
    await units.report(report({ sequence: 6, events: ['exposed'] }));
    expect((await late(5)).events).toEqual([]);
    expect((await late(6)).events).toEqual(['redo']);
  });

  it('of a rollout of long ago may be forgotten, and storage does not grow', async () => {
    const database = await testDatabase();
    const units = new Units(database);
    for (let i = 0; i < 100; i++)
      await units.report(report({ unit: `unit ${i}`, events: ['exposed'] }));
    const stored = (await database.get('facts', 'units')) as object;
    expect(Object.keys(stored)).toHaveLength(64);
    expect(stored).toHaveProperty('unit 99');
  });
});

it('what is typical is the median of the first 20, told once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.double({ noNaN: true, min: 0, max: 1e6 }), { minLength: 15, maxLength: 45 }),
      fc.nat(30),
      async (values, reload) => {
        const name = crypto.randomUUID();
        let units = new Units(await testDatabase(name));
        const told: number[] = [];
        for (const [i, latency] of values.entries()) {
          if (i === reload) units = new Units(await testDatabase(name));
          const { typical } = await units.report(
            report({ events: ['exposed'], values: { latency } }),
          );
          told.push(...Object.values(typical));
        }
        const first = values.slice(0, TYPICAL_OF).toSorted((a, b) => a - b);
        expect(told).toEqual(values.length < TYPICAL_OF ? [] : [(first[9]! + first[10]!) / 2]);
      },
    ),
    { numRuns: 20 },
  );
});
