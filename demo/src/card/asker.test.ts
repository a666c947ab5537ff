import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createAsker } from './asker.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function asker() {
  const asked: {
    signal: AbortSignal;
    answer: (value: string) => void;
    fail: (e: Error) => void;
  }[] = [];
  const shown: (string | null)[] = [];
  const failed: unknown[] = [];
  const { ask, stop } = createAsker<string>({
    ask: (signal) =>
      new Promise((answer, fail) => {
        asked.push({ signal, answer, fail });
      }),
    show: (answer) => shown.push(answer),
    fail: (error) => failed.push(error),
  });
  return { ask, stop, asked, shown, failed };
}

test('asks once, when the hand has rested', async () => {
  const { ask, asked, shown } = asker();
  for (let i = 0; i < 5; i++) {
    ask(200);
    await vi.advanceTimersByTimeAsync(199);
  }
  expect(asked.length).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked.length).toBe(1);
  asked[0]!.answer('$1');
  await vi.advanceTimersByTimeAsync(0);
  expect(shown).toEqual(['$1']);
});

test('shows the answer to the latest question only, and gives up the others', async () => {
  const { ask, asked, shown, failed } = asker();
  ask();
  await vi.advanceTimersByTimeAsync(0);
  ask();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  asked[1]!.answer('new');
  asked[0]!.answer('old');
  await vi.advanceTimersByTimeAsync(0);
  expect(shown).toEqual(['new']);
  expect(failed).toEqual([]);
});

test('the failure of a question that was given up is nobody’s concern', async () => {
  const { ask, stop, asked, failed } = asker();
  ask();
  await vi.advanceTimersByTimeAsync(0);
  stop();
  asked[0]!.fail(new Error('aborted'));
  await vi.advanceTimersByTimeAsync(0);
  expect(failed).toEqual([]);
  ask();
  await vi.advanceTimersByTimeAsync(0);
  asked[1]!.fail(new Error('no'));
  await vi.advanceTimersByTimeAsync(0);
  expect(failed).toEqual([new Error('no')]);
});
