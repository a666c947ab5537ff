import { SiskinError } from '@siskin/protocol';
import type { EngineApi, Reply } from '@siskin/worker';
import type { Remote } from 'comlink';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Supervisor } from './supervisor.ts';
import type { Task } from './testing/worker.ts';

const spawned: Worker[] = [];

afterEach(() => {
  for (const worker of spawned.splice(0)) worker.terminate();
});

function spawn(): Worker {
  const worker = new Worker(new URL('./testing/worker.ts', import.meta.url), { type: 'module' });
  spawned.push(worker);
  return worker;
}

function supervisorOf(start: (engine: Remote<EngineApi>) => Promise<void> = async () => undefined) {
  const supervisor = new Supervisor(spawn, start);
  const ask = (task: Task, options = {}) =>
    supervisor.call(
      (engine, id) => engine.load(id, task) as unknown as Promise<Reply<unknown>>,
      options,
    );
  return { supervisor, ask };
}

async function failure(promise: Promise<unknown>, code: string): Promise<SiskinError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SiskinError);
  expect((error as SiskinError).code).toBe(code);
  return error as SiskinError;
}

describe('a call', () => {
  it('brings the worker, once', async () => {
    const { supervisor, ask } = supervisorOf();
    expect(supervisor.running).toBe(false);
    expect(spawned).toHaveLength(0);
    expect(await Promise.all([ask('answer'), ask('answer')])).toEqual(['answered', 'answered']);
    expect(spawned).toHaveLength(1);
    expect(supervisor.running).toBe(true);
  });

  it('rejects with the class, code, retryability and cause of the engine’s error', async () => {
    const error = await failure(supervisorOf().ask('refuse'), 'download_failed');
    expect(error.retryable).toBe(true);
    expect(error.message).toBe('no');
    expect((error.cause as Error).message).toBe('a 503');
  });

  it('rejects typed even where the engine has a fault', async () => {
    const error = await failure(supervisorOf().ask('throw'), 'internal');
    expect(error.message).toContain('a fault of the engine');
  });

  it('rejects typed what cannot be sent to a worker', async () => {
    const { supervisor } = supervisorOf();
    const unsendable = { a: () => 1 } as never;
    await failure(
      supervisor.call((engine, id) => engine.predict(id, 'm', unsendable)),
      'input_invalid',
    );
    expect(await supervisor.call((engine, id) => engine.predict(id, 'm', 5))).toBe(5);
  });
});

describe('a call that is given up', () => {
  it('by its signal rejects at once, and tells the engine', async () => {
    const { ask } = supervisorOf();
    const controller = new AbortController();
    const never = ask('never', { signal: controller.signal });
    await ask('answer');
    controller.abort('changed my mind');
    const error = await failure(never, 'aborted');
    expect(error.cause).toBe('changed my mind');
    expect(await ask('cancelled')).toBe(1);
  });

  it('before it began does not ask', async () => {
    const { supervisor, ask } = supervisorOf();
    await failure(ask('answer', { signal: AbortSignal.abort() }), 'aborted');
    expect(supervisor.running).toBe(false);
  });

  it('by its deadline rejects, and may be tried again', async () => {
    const error = await failure(supervisorOf().ask('never', { deadline: 30 }), 'deadline_exceeded');
    expect(error.retryable).toBe(true);
    expect(error.message).toContain('30 ms');
  });

  it('by its deadline even if the worker hangs', async () => {
    await failure(supervisorOf().ask('hang', { deadline: 30 }), 'deadline_exceeded');
  });

  it('while the worker starts never reaches the engine', async () => {
    const started = Promise.withResolvers<void>();
    const { ask } = supervisorOf(() => started.promise);
    const controller = new AbortController();
    const early = ask('answer', { signal: controller.signal });
    controller.abort();
    await failure(early, 'aborted');
    started.resolve();
    expect(await ask('count')).toBe(0);
  });

  it('after its answer changes nothing', async () => {
    const { ask } = supervisorOf();
    const controller = new AbortController();
    const { signal } = controller;
    expect(await ask('answer', { signal, deadline: 60_000 })).toBe('answered');
    controller.abort();
    expect(await ask('cancelled')).toBe(0);
  });
});

describe('a worker that crashes', () => {
  it('rejects all that was pending, and the next call works again', async () => {
    const { ask } = supervisorOf();
    const pending = [ask('never'), ask('never'), ask('crash')];
    for (const call of pending) {
      const error = await failure(call, 'worker_failed');
      expect(error.retryable).toBe(true);
      expect(error.message).toContain('out of memory');
    }
    expect(await ask('answer')).toBe('answered');
    expect(spawned).toHaveLength(2);
  });

  it('is followed by one that is started as the first was', async () => {
    const start = vi.fn(async () => undefined);
    const { ask } = supervisorOf(start);
    await failure(ask('crash'), 'worker_failed');
    await ask('answer');
    expect(start).toHaveBeenCalledTimes(2);
  });

  it('before it ran, for want of its script, says where to look', async () => {
    const supervisor = new Supervisor(
      () => new Worker('/there-is-no-such-worker.js', { type: 'module' }),
      async (engine) => {
        await engine.close();
      },
    );
    const error = await failure(
      supervisor.call((engine) => engine.inspect()),
      'worker_failed',
    );
    expect(error.message).toMatch(/could not be loaded|Content-Security-Policy/);
  });
});

describe('a start that fails', () => {
  it('rejects the calls that wait for it with its own error, and is tried again', async () => {
    const refusals = [
      new SiskinError('manifest_unreachable', 'offline', { retryable: true }),
      new TypeError('odd'),
    ];
    const { ask } = supervisorOf(async () => {
      const refusal = refusals.shift();
      if (refusal !== undefined) throw refusal;
    });
    const waiting = [ask('answer'), ask('answer')];
    for (const call of waiting) await failure(call, 'manifest_unreachable');
    await failure(ask('answer'), 'worker_failed');
    expect(await ask('answer')).toBe('answered');
    expect(spawned).toHaveLength(3);
  });
});

describe('closing', () => {
  it('lets the engine say its last, then rejects what is pending and every later call', async () => {
    const { supervisor, ask } = supervisorOf();
    await ask('answer');
    const pending = ask('never');
    const last = vi.fn((engine: Remote<EngineApi>) => engine.close());
    const closing = supervisor.close(last);
    void supervisor.close(last);
    await failure(pending, 'closed');
    await closing;
    expect(last).toHaveBeenCalledOnce();
    await failure(ask('answer'), 'closed');
  });

  it('what was never used brings no worker', async () => {
    const { supervisor, ask } = supervisorOf();
    await supervisor.close((engine) => engine.close());
    expect(spawned).toHaveLength(0);
    await failure(ask('answer'), 'closed');
  });

  it('does not wait for ever for a worker that hangs', async () => {
    const { supervisor, ask } = supervisorOf();
    await ask('answer');
    const hanging = ask('hang');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const closing = supervisor.close((engine) => engine.close());
    vi.advanceTimersByTime(5000);
    vi.useRealTimers();
    await closing;
    await failure(hanging, 'closed');
  });
});
