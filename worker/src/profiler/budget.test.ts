import { LIMITS } from '@siskin/protocol';
import { expect, it } from 'vitest';
import { Budget } from './budget.ts';

function takeAll(budget: Budget, key: string, now: number): number {
  let taken = 0;
  while (taken < 5000 && budget.take(key, now)) taken++;
  return taken;
}

it('admits the documented number of predictions a window, for each version apart', () => {
  const budget = new Budget(60_000);
  expect(takeAll(budget, 'a', 0)).toBe(LIMITS.predictions);
  expect(takeAll(budget, 'b', 59_999)).toBe(1000);
  expect(budget.take('a', 59_999)).toBe(false);
});

it('is renewed by time alone', () => {
  const budget = new Budget(60_000);
  takeAll(budget, 'a', 1000);
  expect(budget.take('a', 60_999)).toBe(false);
  expect(budget.take('a', 61_000)).toBe(true);
});
