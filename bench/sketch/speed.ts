/** What counting, merging and sending costs, each sketch in its turn on the same values. */
import { gzipSync } from 'node:zlib';
import { addSparse, sizeOf, toDense } from '@siskin/protocol';
import { type Placed, SAMPLE, sample } from './cases.ts';
import { ours } from './ours.ts';
import type { AnySketch } from './sketch.ts';

/** More than a processor can learn by heart where its branches go. */
const VALUES = 100_000;
/** Many, so that every sketch is measured as an engine runs it in the long run. */
const WARM_UP = 60;
const ROUNDS = 60;
/** A window of a device, merged into what is there of many. */
const WINDOW = 1000;
/** As many series as a row may have. */
const SERIES = 100;

interface Work {
  name: string;
  /** One turn. */
  run(): void;
  /** Operations in a turn. */
  operations: number;
}

/** Median ns per operation, by name; the works take turns, so that the machine's moods are shared. */
function timed(works: readonly Work[]): Record<string, number> {
  const times = works.map((): number[] => []);
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const [i, { run, operations }] of works.entries()) {
      const start = performance.now();
      run();
      const ns = ((performance.now() - start) / operations) * 1e6;
      if (round >= WARM_UP) times[i]!.push(ns);
    }
  }
  const median = (list: number[]) => list.sort((a, b) => a - b)[ROUNDS / 2]!;
  return Object.fromEntries(works.map(({ name }, i) => [name, median(times[i]!)]));
}

export interface Speed {
  /** ns; peers that cannot take the values are missing. */
  insert: Record<string, number>;
  insertByName: Record<string, number>;
  /** Of ours. */
  batchInsert: number;
  merge: Record<string, number>;
  /** Whose merges lose values. */
  loses: string[];
  /** Of ours, into a dense array. */
  mergeDense: number;
  /** Of a window: as it is sent, and gzipped. */
  bytes: Record<string, { plain: number; gzip: number }>;
}

export function measureSpeed(given: Placed, peers: readonly AnySketch[]): Speed {
  const values = sample(VALUES, 2, given.current);
  const { series } = given;
  const sketches = [ours, ...peers].filter(({ signed }) => signed || !given.signed);
  const checks: (() => void)[] = [];

  const inserting = sketches.map((sketch): Work => {
    const into = sketch.create(series);
    checks.push(() => check(sketch, sketch.sent(into), (WARM_UP + ROUNDS) * VALUES));
    return { name: sketch.name, run: () => sketch.insert(into, values), operations: VALUES };
  });
  const batch = ours.create(series);
  checks.push(() => check(ours, ours.sent(batch), (WARM_UP + ROUNDS) * VALUES));
  inserting.push({
    name: 'batch',
    run: () => ours.insertAll(batch, values),
    operations: VALUES,
  });
  const byName = sketches.map((sketch): Work => {
    const all = new Map(
      Array.from({ length: SERIES }, (_, i) => [`input/${i}`, sketch.create(series)]),
    );
    const name = 'input/7';
    const run = () => sketch.insertByName(all, name, values);
    return { name: sketch.name, run, operations: VALUES };
  });
  const { batch: batchInsert, ...insert } = timed(inserting);
  const insertByName = timed(byName);
  for (const verify of checks) verify();
  return { insert, insertByName, batchInsert: batchInsert!, ...measureMerge(sketches, given) };
}

function measureMerge(
  sketches: readonly AnySketch[],
  given: Placed,
): Pick<Speed, 'merge' | 'mergeDense' | 'loses' | 'bytes'> {
  const { series } = given;
  const filled = (sketch: AnySketch, n: number) => {
    const into = sketch.create(series);
    sketch.insert(into, sample(n, 3, given.current));
    return sketch.sent(into);
  };
  const merges = 50;
  const bytes: Speed['bytes'] = {};
  const loses: string[] = [];
  const works = sketches.map((sketch): Work => {
    const window = filled(sketch, WINDOW);
    let total = filled(sketch, SAMPLE);
    const sent = sketch.wire(window);
    bytes[sketch.name] = { plain: Buffer.from(sent).length, gzip: gzipSync(sent).length };
    const expected = sketch.total(total) + sketch.total(window);
    total = sketch.merge(total, window);
    if (sketch.total(total) < expected) loses.push(sketch.name);
    const rounds = sketch.name === 'tdigest' ? 1 : merges; // a thousand times slower
    const run = () => {
      for (let i = 0; i < rounds; i++) total = sketch.merge(total, window);
    };
    return { name: sketch.name, run, operations: rounds };
  });
  const window = filled(ours, WINDOW);
  const dense = toDense(filled(ours, SAMPLE), sizeOf(series));
  works.push({
    name: 'dense',
    run() {
      for (let i = 0; i < merges; i++) addSparse(dense, window);
    },
    operations: merges,
  });
  const { dense: mergeDense, ...merge } = timed(works);
  return { merge, mergeDense: mergeDense!, loses, bytes };
}

/** @throws if a sketch holds another number of values than it was given: nothing was measured then. */
function check(sketch: AnySketch, sent: unknown, expected: number): void {
  const held = sketch.total(sent);
  if (held !== expected)
    throw new Error(`${sketch.name} holds ${held} values of ${expected} that it was given`);
}
