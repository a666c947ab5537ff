/**
 * `siskin profile` and `siskin compare` on files, as a person runs them: seconds, rows a second and peak
 * memory. `bare` is the least that reading the same file takes: csv-parse, and every cell to a number.
 * With `--python PROGRAM`, one that has Evidently 0.7.21 installed, its data drift preset does the same
 * work on frames, in the same run. `--rows N`: rows of each file (100,000), of twenty columns.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse';
import { COLUMNS, writeRows } from './profile/data.ts';
import type { BenchOptions, Figures } from './run.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const COMMAND = [
  '--conditions=@siskin/source',
  '--import',
  new URL('./profile/peak.js', import.meta.url).href,
  here('../collector/src/cli/main.ts'),
];
/** σ: a quarter of the columns move by so much. */
const SHIFT = 0.3;

/** What `profile/evidently.py` prints. */
interface Peer {
  read_s: number;
  report_s: number;
  peak_mib: number;
  scores: Record<string, { method: string; score: number }>;
}

interface Run {
  seconds: number;
  peakMiB: number;
  out: Record<string, unknown>;
}

async function measured(program: string, args: readonly string[]): Promise<Run> {
  const began = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  let [out, peak] = ['', ''];
  child.stdout!.on('data', (chunk) => (out += chunk));
  child.stdio[3]!.on('data', (chunk: Buffer) => (peak += chunk));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code === null || code > 1) {
    throw new Error(`${program} ${args.join(' ')} ended with ${code ?? signal}`);
  }
  const seconds = (performance.now() - began) / 1000;
  return { seconds, peakMiB: Number(peak), out: JSON.parse(out.trim().split('\n').at(-1)!) };
}

async function bare(path: string): Promise<number> {
  const began = performance.now();
  let sum = 0;
  const parser = parse({
    from_line: 2,
    on_record: (cells: string[]) => {
      for (const cell of cells) sum += Number(cell);
      return null;
    },
  });
  parser.resume();
  createReadStream(path, { highWaterMark: 2 ** 18 }).pipe(parser);
  await once(parser, 'close');
  if (Number.isNaN(sum)) throw new Error('a cell was no number');
  return (performance.now() - began) / 1000;
}

const round = (value: number) => Number(value.toPrecision(4));

export async function run({ args }: BenchOptions): Promise<Figures> {
  const option = (name: string): string | undefined => {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args[at + 1];
  };
  const rows = Number(option('--rows') ?? 100_000);
  const python = option('--python');
  const folder = await mkdtemp(join(tmpdir(), 'siskin-bench-'));
  try {
    const [reference, current, spec] = ['reference.csv', 'current.csv', 'spec.json'].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    await writeRows(reference, rows, 0, 1);
    await writeRows(current, rows, SHIFT, 2);
    const inputs = Array.from({ length: COLUMNS }, (_, i) => ({ name: `f${i}`, kind: 'numeric' }));
    await writeFile(spec, JSON.stringify({ inputs }));

    const bareSeconds = await bare(reference);
    const out = join(folder, 'out.json');
    const profile = await measured(process.execPath, [
      ...COMMAND,
      ...['profile', reference, '--spec', spec, '--out', out, '--json'],
    ]);
    const compare = await measured(process.execPath, [
      ...COMMAND,
      ...['compare', reference, current, '--spec', spec, '--json'],
    ]);
    const raw = await measured(process.execPath, [
      ...COMMAND,
      ...['compare', reference, current, '--spec', spec, '--json'],
      ...['--as', 'evidently', '--tests', 'wasserstein'],
    ]);
    const figures: Figures = {
      name: 'profile',
      rows,
      columns: COLUMNS,
      file_mib: round((await stat(reference)).size / 2 ** 20),
      bare_s: round(bareSeconds),
      profile_s: round(profile.seconds),
      profile_rows_per_second: Math.round(rows / profile.seconds),
      profile_peak_mib: Math.round(profile.peakMiB),
      profile_ratio_to_bare: round(profile.seconds / bareSeconds),
      compare_s: round(compare.seconds),
      compare_peak_mib: Math.round(compare.peakMiB),
      compare_as_evidently_s: round(raw.seconds),
      compare_as_evidently_peak_mib: Math.round(raw.peakMiB),
      drifted: driftedOf(compare.out),
    };
    if (python === undefined) return figures;
    let peer: Run;
    try {
      peer = await measured(python, [here('profile/evidently.py'), reference, current]);
    } catch (error) {
      // Frames that do not fit into memory are an answer, too.
      return { ...figures, evidently_failed: (error as Error).message.split(' ').slice(-1)[0] };
    }
    const { read_s, report_s, peak_mib, scores } = peer.out as unknown as Peer;
    const theirs = Object.keys(scores).filter((name) => scores[name]!.score >= 0.1);
    return {
      ...figures,
      evidently_s: round(peer.seconds),
      evidently_read_s: round(read_s),
      evidently_report_s: round(report_s),
      evidently_peak_mib: Math.round(peak_mib),
      evidently_drifted: theirs.sort(),
      same_columns_drifted: theirs.join() === driftedOf(compare.out).join(),
      largest_relative_difference_of_score: Math.max(
        ...(raw.out.features as Feature[]).map(({ name, tests }) =>
          Math.abs(tests.wasserstein!.score / scores[name]!.score - 1),
        ),
      ),
      compare_ratio_to_evidently: round(compare.seconds / peer.seconds),
      peak_ratio_to_evidently: round(compare.peakMiB / peak_mib),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Feature {
  name: string;
  drifted: boolean;
  tests: Record<string, { score: number }>;
}

const driftedOf = (out: Record<string, unknown>): string[] =>
  (out.features as Feature[])
    .filter(({ drifted }) => drifted)
    .map(({ name }) => name)
    .sort();
