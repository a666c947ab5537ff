import { describe, expect, it } from 'vitest';
import { SharedLoad } from './shared-load.ts';

function setUp() {
  const work = Promise.withResolvers<string>();
  let tell: (progress: number) => void = () => undefined;
  let stop: AbortSignal | undefined;
  const load = new SharedLoad<string, number>((onProgress, signal) => {
    tell = onProgress;
    stop = signal;
    signal.addEventListener('abort', () => work.reject(signal.reason));
    return work.promise;
  });
  return { load, work, tell: (n: number) => tell(n), stopped: () => stop!.aborted };
}
const never = () => new AbortController().signal;

it('tells its progress and its result to all who wait', async () => {
  const { load, work, tell } = setUp();
  const seen: string[] = [];
  const one = load.wait((n) => seen.push(`one ${n}`), never());
  tell(1);
  const two = load.wait((n) => seen.push(`two ${n}`), never());
  tell(2);
  work.resolve('loaded');
  expect(await Promise.all([one, two])).toEqual(['loaded', 'loaded']);
  expect(seen).toEqual(['one 1', 'one 2', 'two 2']);
  tell(3); // nobody waits any more
  expect(seen).toHaveLength(3);
});

describe('who gives up', () => {
  it('ends their own wait only', async () => {
    const { load, work, stopped } = setUp();
    const impatient = new AbortController();
    const one = load.wait(() => undefined, impatient.signal);
    const two = load.wait(() => undefined, never());
    impatient.abort(new Error('too slow'));
    await expect(one).rejects.toThrow('too slow');
    expect(stopped()).toBe(false);
    work.resolve('loaded');
    expect(await two).toBe('loaded');
  });

  it('last stops the work', async () => {
    const { load, stopped } = setUp();
    const callers = [new AbortController(), new AbortController()];
    const waits = callers.map(({ signal }) => load.wait(() => undefined, signal));
    callers[0]!.abort(new Error('first'));
    await expect(waits[0]).rejects.toThrow('first');
    expect(load.stopped).toBe(false);
    callers[1]!.abort(new Error('second'));
    await expect(waits[1]).rejects.toThrow('second');
    expect(stopped()).toBe(true);
    expect(load.stopped).toBe(true);
    await expect(load.result).rejects.toThrow('second');
  });

  it('before they began does not wait at all', async () => {
    const { load } = setUp();
    await expect(load.wait(() => undefined, AbortSignal.abort(new Error('late')))).rejects.toThrow(
      'late',
    );
    expect(load.stopped).toBe(false);
  });

  it('after it is done changes nothing', async () => {
    const { load, work, stopped } = setUp();
    const caller = new AbortController();
    const wait = load.wait(() => undefined, caller.signal);
    work.resolve('loaded');
    expect(await wait).toBe('loaded');
    caller.abort();
    expect(stopped()).toBe(false);
  });
});

it('fails for all who wait', async () => {
  const { load, work } = setUp();
  const waits = [1, 2].map(() => load.wait(() => undefined, never()));
  work.reject(new Error('404'));
  for (const wait of waits) await expect(wait).rejects.toThrow('404');
});
