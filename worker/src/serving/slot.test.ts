import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failure } from '../testing/errors.ts';
import { Slot } from './slot.ts';

class Version {
  readonly name: string;
  running = 0;
  disposed = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Work that ends when its gate opens; fails the test if it overlaps, or meets a freed version. */
  async work<T>(gate: Promise<T>): Promise<T> {
    if (this.disposed > 0) throw new Error(`${this.name} was asked after it was freed`);
    if (++this.running > 1) throw new Error(`${this.name} was asked twice at once`);
    try {
      return await gate;
    } finally {
      this.running--;
    }
  }

  async dispose(): Promise<void> {
    if (this.running > 0) throw new Error(`${this.name} was freed while it ran`);
    this.disposed++;
  }
}

const gate = <T = void>() => Promise.withResolvers<T>();

describe('runs', () => {
  it('are one at a time, in the order in which they were asked for', async () => {
    const slot = new Slot(new Version('v1'));
    const log: string[] = [];
    const gates = [gate(), gate(), gate()];
    const runs = gates.map(({ promise }, i) =>
      slot.run(async (version) => {
        log.push(`begin ${i}`);
        await version.work(promise);
        log.push(`end ${i}`);
      }),
    );
    gates[2]!.resolve();
    gates[1]!.resolve();
    gates[0]!.resolve();
    await Promise.all(runs);
    expect(log).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1', 'begin 2', 'end 2']);
  });

  it('that fail, even at once, are their own caller’s affair', async () => {
    const slot = new Slot(new Version('v1'));
    const thrown = slot.run(() => {
      throw new Error('at once');
    });
    const rejected = slot.run(() => Promise.reject(new Error('later')));
    const fine = slot.run(async (version) => version.name);
    await expect(thrown).rejects.toThrow('at once');
    await expect(rejected).rejects.toThrow('later');
    expect(await fine).toBe('v1');
  });

  it('beyond the depth are refused, and taken again when there is room', async () => {
    const slot = new Slot(new Version('v1'));
    const { promise, resolve } = gate();
    const waiting = Array.from({ length: 256 }, () => slot.run(() => promise));
    const error = await failure(() => slot.run(() => promise), 'queue_full');
    expect(error.retryable).toBe(true);
    expect(error.message).toContain('256');
    resolve();
    await Promise.all(waiting);
    expect(await slot.run(async () => 'room')).toBe('room');
  });

  it('that fail give their place back', async () => {
    const slot = new Slot(new Version('v1'));
    for (let i = 0; i < 300; i++) {
      await slot.run(() => Promise.reject(new Error('no'))).catch(() => undefined);
    }
    expect(await slot.run(async () => 'room')).toBe('room');
  });
});

describe('a swap', () => {
  it('takes place between two runs, and frees the old version after the one that runs', async () => {
    const [v1, v2] = [new Version('v1'), new Version('v2')];
    const slot = new Slot(v1);
    const first = gate();
    const answers = [
      slot.run(async (version) => {
        await version.work(first.promise);
        return version.name;
      }),
      slot.run(async (version) => version.name),
    ];
    await Promise.resolve(); // the first has begun
    slot.swap(v2);
    expect(slot.current).toBe(v2);
    expect(v1.disposed).toBe(0);
    first.resolve();
    expect(await Promise.all(answers)).toEqual(['v1', 'v2']);
    expect(await slot.run(async (version) => version.name)).toBe('v2');
    expect(v1.disposed).toBe(1);
    expect(v2.disposed).toBe(0);
  });

  it('to the version that answers already frees nothing', async () => {
    const v1 = new Version('v1');
    const slot = new Slot(v1);
    slot.swap(v1);
    expect(await slot.run(async (version) => version.name)).toBe('v1');
    expect(v1.disposed).toBe(0);
  });

  it('goes on if the old version cannot be freed', async () => {
    const v1 = new Version('v1');
    v1.dispose = () => Promise.reject(new Error('the GPU is gone'));
    const slot = new Slot(v1);
    slot.swap(new Version('v2'));
    expect(await slot.run(async (version) => version.name)).toBe('v2');
  });

  it('in any order with runs loses none and frees every version but the last, once', async () => {
    const command = fc.record({
      kind: fc.constantFrom('run', 'run', 'run', 'fail', 'swap', 'settle'),
      ticks: fc.nat(3),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (commands) => {
        const versions = [new Version('0')];
        const slot = new Slot(versions[0]!);
        const outcomes: Promise<string>[] = [];
        const expected: ('answer' | 'error')[] = [];
        for (const { kind, ticks } of commands) {
          if (kind === 'swap') {
            versions.push(new Version(String(versions.length)));
            slot.swap(versions.at(-1)!);
          } else if (kind === 'settle') for (let i = 0; i < ticks; i++) await Promise.resolve();
          else {
            outcomes.push(
              slot.run((version) =>
                version.work(
                  (async () => {
                    for (let i = 0; i < ticks; i++) await Promise.resolve();
                    if (kind === 'fail') throw new Error('asked to');
                    return version.name;
                  })(),
                ),
              ),
            );
            expected.push(kind === 'fail' ? 'error' : 'answer');
          }
        }
        const settled = await Promise.allSettled(outcomes);
        settled.forEach((result, i) => {
          if (expected[i] === 'answer') expect(result.status).toBe('fulfilled');
          else expect(result).toMatchObject({ reason: new Error('asked to') });
        });
        // Versions only ever go forward.
        const served = settled.flatMap((r) => (r.status === 'fulfilled' ? [Number(r.value)] : []));
        expect(served).toEqual(served.toSorted((a, b) => a - b));
        await slot.close();
        expect(versions.map((version) => version.disposed)).toEqual(versions.map(() => 1));
      }),
    );
  });
});

it('closing waits for what runs', async () => {
  const v1 = new Version('v1');
  const slot = new Slot(v1);
  const { promise, resolve } = gate();
  const run = slot.run((version) => version.work(promise));
  const closed = slot.close();
  await Promise.resolve();
  expect(v1.disposed).toBe(0);
  resolve();
  await Promise.all([run, closed]);
  expect(v1.disposed).toBe(1);
});

describe('idle', () => {
  it('is when nobody waits, and nobody came within a turn', async () => {
    const slot = new Slot(new Version('v1'));
    const gates = [gate(), gate()];
    const runs = gates.map(({ promise }) => slot.run((version) => version.work(promise)));
    let isIdle = false;
    const idle = slot.idle().then(() => {
      isIdle = true;
    });
    gates[0]!.resolve();
    await runs[0];
    // As soon as the last has gone another one comes.
    const third = gate();
    const late = runs[1]!.then(() => slot.run((version) => version.work(third.promise)));
    gates[1]!.resolve();
    await runs[1];
    await new Promise((resolve) => setTimeout(resolve));
    await new Promise((resolve) => setTimeout(resolve));
    expect(isIdle).toBe(false);
    third.resolve();
    await late;
    await idle;
  });
});

it('a version that is spared is not freed', async () => {
  const [v1, v2] = [new Version('v1'), new Version('v2')];
  const slot = new Slot(v1);
  slot.swap(v2, true);
  expect(await slot.run(async (version) => version.name)).toBe('v2');
  await slot.close();
  expect([v1.disposed, v2.disposed]).toEqual([0, 1]);
});
