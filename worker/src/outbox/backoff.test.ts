import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoff, retryAfter } from './backoff.ts';

describe('exponential back-off with full jitter', () => {
  it('is uniform between nothing and a bound that doubles from 1 s to 5 min', () => {
    fc.assert(
      fc.property(
        fc.nat(2000),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (n, random) => {
          const bound = Math.min(1000 * 2 ** n, 300_000);
          const delay = backoff(n, random);
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThanOrEqual(bound);
          expect(delay / bound).toBeCloseTo(random, 9);
        },
      ),
    );
  });
});

describe('Retry-After', () => {
  // The two examples of RFC 9110 §10.2.3.
  it('in seconds', () => {
    expect(retryAfter('120', 0)).toBe(120_000);
  });

  it('as a date', () => {
    const now = Date.parse('1999-12-31T23:59:00Z');
    expect(retryAfter('Fri, 31 Dec 1999 23:59:59 GMT', now)).toBe(59_000);
    expect(retryAfter('Fri, 31 Dec 1999 23:00:00 GMT', now)).toBe(0);
  });

  it.each([[null], [''], ['  '], ['soon'], ['NaN'], ['Infinity']])('%j is none', (header) => {
    expect(retryAfter(header, 0)).toBeUndefined();
  });

  it('is bounded to a day', () => {
    expect(retryAfter('999999999', 0)).toBe(24 * 3600_000);
    expect(retryAfter('-5', 0)).toBe(0);
  });
});
