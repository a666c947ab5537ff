import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bucketOf, fnv1a32 } from './bucketing.ts';

interface Oracle {
  specVersion: string;
  /** Seed, value, hash version, bucket. */
  hash: [string, string, number, number | null][];
}

const oracle: Oracle = JSON.parse(
  readFileSync(new URL('../../test/oracle/delivery/growthbook_hash.json', import.meta.url), 'utf8'),
);

const PEOPLE = 20_000;
const ids = Array.from({ length: PEOPLE }, (_, i) => `installation-${i.toString(36)}`);

/** Pearson's statistic of observed counts against equal ones. */
function chiSquare(observed: readonly number[]): number {
  const expected = observed.reduce((a, b) => a + b, 0) / observed.length;
  return observed.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('fnv1a32', () => {
  /** Landon Curt Noll's test vectors, http://www.isthe.com/chongo/src/fnv/test_fnv.c */
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['b', 0xe70c2de5],
    ['foo', 0xa9f37ed7],
    ['foobar', 0xbf9cf968],
  ])('of "%s" is as published', (text, hash) => {
    expect(fnv1a32(text)).toBe(hash);
  });
});

describe('bucketOf', () => {
  const ours = oracle.hash.filter(([, , version]) => version === 2);

  it("has GrowthBook's cases to hold against", () => {
    expect(oracle.specVersion).toBe('0.8.0');
    expect(ours.length).toBeGreaterThanOrEqual(6);
  });

  it.each(ours)('of seed "%s" and id "%s" is as published (version %i)', (seed, id, _, bucket) => {
    expect(bucketOf(seed, id)).toBe(bucket);
  });

  it('is not version 1, whose cases are listed beside', () => {
    const older = oracle.hash.filter(([, , version]) => version === 1);
    expect(older.length).toBeGreaterThan(0);
    expect(older.every(([seed, id, , bucket]) => bucketOf(seed, id) === bucket)).toBe(false);
  });

  it('only ever widens an arm as the share grows, so nobody flips back', () => {
    let before = new Set<string>();
    for (const share of [0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.9, 1]) {
      const inside = new Set(ids.filter((id) => bucketOf('ramp', id) < share));
      expect([...before].every((id) => inside.has(id))).toBe(true);
      // Binomial: five standard deviations.
      const slack = 5 * Math.sqrt((share * (1 - share)) / PEOPLE);
      expect(Math.abs(inside.size / PEOPLE - share)).toBeLessThanOrEqual(slack);
      before = inside;
    }
    expect(before.size).toBe(PEOPLE);
  });

  it.each(['canary-1', 'canary-2', 'f00d'])('is uniform under the salt "%s"', (salt) => {
    const counts = new Array<number>(100).fill(0);
    for (const id of ids) counts[Math.floor(bucketOf(salt, id) * 100)]! += 1;
    // The 99.9 % point of χ² with 99 degrees of freedom.
    expect(chiSquare(counts)).toBeLessThan(148.23);
  });

  it('places people anew under another salt', () => {
    const counts = new Array<number>(100).fill(0);
    for (const id of ids) {
      const row = Math.floor(bucketOf('one', id) * 10);
      const column = Math.floor(bucketOf('two', id) * 10);
      counts[row * 10 + column]! += 1;
    }
    // Independent and uniform together: again 99 degrees of freedom.
    expect(chiSquare(counts)).toBeLessThan(148.23);
  });

  it('is in [0, 1), in steps of .0001, and the same each time', () => {
    for (const id of ids.slice(0, 1000)) {
      const bucket = bucketOf('salt', id);
      expect(bucket).toBeGreaterThanOrEqual(0);
      expect(bucket).toBeLessThan(1);
      expect(Math.abs(bucket * 10_000 - Math.round(bucket * 10_000))).toBeLessThan(1e-9);
      expect(bucketOf('salt', id)).toBe(bucket);
    }
  });
});
