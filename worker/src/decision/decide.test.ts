import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';

const answer = (confidence: number | null, empty = false) => ({
  output: 0,
  label: null,
  confidence,
  margin: null,
  entropy: null,
  value: null,
  empty,
});

/** Columns: sure (.9), exactly at the threshold (.8), unsure (.79), without a confidence, empty. */
const TABLE = {
  human: ['human', 'human', 'human', 'human', 'human'],
  shadow: ['human', 'human', 'human', 'human', 'human'],
  assist: ['assist', 'assist', 'assist', 'assist', 'defer'],
  partial: ['automate', 'automate', 'defer', 'defer', 'defer'],
  full: ['automate', 'automate', 'automate', 'automate', 'defer'],
} as const;
const COLUMNS = [answer(0.9), answer(0.8), answer(0.79), answer(null), answer(0.9, true)];

describe.each(Object.entries(TABLE))('at level %s', (level, row) => {
  it.each(COLUMNS.map((given, i) => [given.confidence, given.empty, row[i], given] as const))(
    'confidence %s, empty %s → %s',
    (_confidence, _empty, decision, given) => {
      expect(decide({ level: level as keyof typeof TABLE, threshold: 0.8 }, given)).toBe(decision);
    },
  );
});

it('defers a confidence that is no number', () => {
  expect(decide({ level: 'partial', threshold: 0 }, answer(Number.NaN))).toBe('defer');
});
