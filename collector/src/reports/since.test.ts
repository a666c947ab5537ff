import { describe, expect, it } from 'vitest';
import { parseSince } from './since.ts';

const NOW = Date.UTC(2026, 10, 24, 10, 0, 0);

describe('how far back', () => {
  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['2026-11-24T09:30:00Z', 1_800_000],
    ['2026-11-24T10:30:00+01:00', 1_800_000],
    ['2026-11-24T09:59:59.500Z', 500],
  ])('%s', (text, ms) => {
    expect(parseSince(text, NOW)).toBe(ms);
  });

  it.each([
    '',
    '0s',
    '1w',
    '-1h',
    'yesterday',
    '2026-11-24',
    '2026-11-24T09:30:00',
    '2026-13-24T09:30:00Z',
    '2026-11-24T10:00:01Z',
  ])('"%s" is refused', (text) => {
    expect(() => parseSince(text, NOW)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
