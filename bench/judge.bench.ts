/**
 * How often does the judge roll back a canary that is no worse, and does it find one whose error rate has
 * doubled? Rollouts from 1 to 50 % while baselines drift, devices with several predictions
 * (`judge/world.ts`), four guardrails, a look after each of 100 ticks, through the collector's own `judge`.
 * Beside it what is common instead: a z-test and Mann–Whitney's at every look, of the same runs, with the
 * same error budget, one-sided, and stratified; and the z-test of what it is usually given, pooled counts.
 *
 * `--runs N` (2000 of each), `--seed N` (1), `--threads N` (2).
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { RunResult, Task } from './judge/simulate.ts';
import type { BenchOptions, Figures } from './run.ts';

const RUNS_A_TASK = 25;

export async function run({ json, args }: BenchOptions): Promise<Figures> {
  const number = (name: string, fallback: number): number => {
    const at = args.indexOf(name);
    return at < 0 ? fallback : Number(args[at + 1]);
  };
  const runs = number('--runs', 2000);
  const seed = number('--seed', 1);
  const threads = number('--threads', 2);
  const started = performance.now();
  const same = await rollouts(1, runs, seed * 1_000_003, threads);
  const doubled = await rollouts(2, runs, seed * 1_000_003 + 500_009, threads);

  const share = (of: readonly RunResult[], is: (one: RunResult) => boolean): number =>
    round(of.filter(is).length / of.length);
  const found = doubled.filter(({ rolledBackBy }) => rolledBackBy === 'error');
  const rejected = (peer: 'z' | 'zPooled' | 'zPredictions' | 'mannWhitney'): number =>
    share(same, (one) => one[peer]);
  const figures = {
    name: 'judge',
    ours: {
      false_rollback_rate: share(same, ({ rolledBackBy }) => rolledBackBy !== undefined),
      detected_doubled_errors: round(found.length / doubled.length),
      median_devices_to_detect: median(found.map(({ devices }) => devices)),
      promoted_at_the_end: share(same, ({ promoted }) => promoted),
      doubled_errors_promoted: share(doubled, ({ promoted }) => promoted),
      false_sample_ratio_mismatch: share(same, ({ held }) => held),
    },
    z_every_look: {
      false_rollback_rate: rejected('z'),
      pooled_false_rollback_rate: rejected('zPooled'),
      predictions_false_rollback_rate: rejected('zPredictions'),
    },
    mann_whitney: { false_rollback_rate: rejected('mannWhitney') },
    runs,
    seed,
    seconds: Math.round((performance.now() - started) / 1000),
    targets: { false_rollback_rate: 0.05, detected_doubled_errors: 0.95 },
  };
  if (!json) {
    const by = Map.groupBy(same, ({ rolledBackBy }) => rolledBackBy ?? 'none');
    console.log(
      'rolled back by:',
      [...by].map(([name, those]) => `${name} ${those.length}`).join(', '),
    );
  }
  return figures;
}

async function rollouts(
  harm: number,
  runs: number,
  seed: number,
  threads: number,
): Promise<RunResult[]> {
  const results: RunResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    const thread = new Worker(new URL('./judge/thread.ts', import.meta.url));
    try {
      while (next < runs) {
        const task: Task = { seed: seed + next, runs: Math.min(RUNS_A_TASK, runs - next), harm };
        next += task.runs;
        results.push(...(await ask(thread, task)));
      }
    } finally {
      await thread.terminate();
    }
  };
  await Promise.all(Array.from({ length: threads }, work));
  return results;
}

async function ask(thread: Worker, task: Task): Promise<RunResult[]> {
  const answer = once(thread, 'message'); // rejects on 'error'
  thread.postMessage(task);
  const [results] = (await answer) as [RunResult[]];
  return results;
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

const round = (value: number): number => Number(value.toFixed(4));
