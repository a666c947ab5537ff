import { describe, expect, it } from 'vitest';
import { batchOf } from '../testing/model.ts';
import { Committer, type CommitterOptions, type Received } from './committer.ts';

const received = (): Received => ({ app: 'a', batch: batchOf('v1', []), receivedAt: 0 });
const committer = (options: Partial<CommitterOptions> & Pick<CommitterOptions, 'append'>) =>
  new Committer({ tickMs: 5, maxGroup: 100, maxWaiting: 1000, ...options });

describe('a committer', () => {
  it('stores what comes together in one go, and tells each its own', async () => {
    const groups: number[] = [];
    const subject = committer({
      append: async (group) => {
        groups.push(group.length);
        return group.map((_, i) => i % 2 === 0);
      },
    });
    const answers = await Promise.all(Array.from({ length: 6 }, () => subject.submit(received())));
    expect(groups).toEqual([6]);
    expect(answers).toEqual([true, false, true, false, true, false]);
  });

  it('does not wait once a group is full, and commits one group at a time', async () => {
    let open = 0;
    const groups: number[] = [];
    const subject = committer({
      tickMs: 1e9,
      maxGroup: 4,
      append: async (group) => {
        expect(++open).toBe(1);
        await new Promise(setImmediate);
        open--;
        groups.push(group.length);
        return group.map(() => true);
      },
    });
    await Promise.all(Array.from({ length: 10 }, () => subject.submit(received())));
    expect(groups.reduce((a, b) => a + b)).toBe(10);
    expect(groups.length).toBeGreaterThan(1);
  });

  it('acknowledges nothing that was not stored, and goes on', async () => {
    let full = true;
    const subject = committer({
      append: async (group) => {
        if (full) throw new Error('database or disk is full');
        return group.map(() => true);
      },
    });
    const failing = [subject.submit(received()), subject.submit(received())];
    for (const promise of failing) {
      await expect(promise).rejects.toMatchObject({ code: 'overloaded', retryable: true });
    }
    full = false;
    expect(await subject.submit(received())).toBe(true);
  });

  it('takes no more than may wait', async () => {
    const subject = committer({
      maxWaiting: 2,
      tickMs: 1e9,
      append: async (g) => g.map(() => true),
    });
    const waiting = [subject.submit(received()), subject.submit(received())];
    await expect(subject.submit(received())).rejects.toMatchObject({ code: 'overloaded' });
    await subject.drain();
    expect(await Promise.all(waiting)).toEqual([true, true]);
  });
});
