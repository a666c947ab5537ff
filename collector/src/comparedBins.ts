/**
 * Siskin's own comparison of two files: the reference becomes a profile by the device's own profiler,
 * the current file counts in its bins, and all that is said is said from counts, as of devices. Rows
 * count as independent, so the design effect is 1.
 */
import {
  type ComparableSeries,
  type InputSpec,
  isComparable,
  SERIES,
  SiskinError,
  type SparseCounts,
} from '@siskin/protocol';
import { Counter, createExtractor, profileOf } from '@siskin/worker/reference';
import type { Kind, TestError, TestResult } from './compare/column.ts';
import type { Compared, Pair } from './comparedColumns.ts';
import { hellinger } from './distances/hellinger.ts';
import { klDivergence } from './distances/klDivergence.ts';
import { kolmogorovSmirnovP } from './distances/kolmogorovSmirnovP.ts';
import { lInfinity } from './distances/lInfinity.ts';
import { totalVariation } from './distances/totalVariation.ts';
import { sum } from './distribution.ts';
import { benjaminiHochberg } from './drift/benjaminiHochberg.ts';
import { type Measures, measure } from './drift/measure.ts';
import type { Policy } from './drift/policy.ts';
import { probesOf, tallyOf } from './drift/probes.ts';
import { type Significance, significance } from './drift/significance.ts';
import { type Size, severityOf } from './drift/size.ts';
import { rowsOf } from './referenceRows.ts';
import type { Progress } from './tables/progress.ts';
import { scout } from './tables/scout.ts';
import type { Table } from './tables/table.ts';

const KINDS = {
  smooth: ['numeric', 'categorical'],
  psi: ['numeric', 'categorical'],
  jensenshannon: ['numeric', 'categorical'],
  hellinger: ['numeric', 'categorical'],
  kl_div: ['numeric', 'categorical'],
  chisquare: ['numeric', 'categorical'],
  total_variation: ['numeric', 'categorical'],
  l_infinity: ['numeric', 'categorical'],
  ks: ['numeric'],
  wasserstein: ['numeric'],
} satisfies Record<string, readonly Kind[]>;

export type SiskinTest = keyof typeof KINDS;
export const SISKIN_TESTS = Object.keys(KINDS) as SiskinTest[];

/**
 * The verdict: significant among all columns (Benjamini–Hochberg) and large. `score` is the adjusted
 * p-value.
 */
export interface Verdict extends TestResult {
  /** What was most significant: `smooth`, `category`, or a rate such as `missing`. */
  by: string;
  size: Size;
  /** The size as a multiple of the smallest that matters; ≥ 1 is large. */
  severity: number;
}

export interface SiskinComparison {
  chosen: 'smooth';
  tests: Partial<Record<SiskinTest, TestResult | Verdict | TestError>>;
}

const DISTANCE = 0.1;
const LEVEL = 0.05;
/** Of variances that are known: independent rows have no design effect to estimate. */
const KNOWN_DF = 1e9;

export interface Counted {
  rows: { reference: number; current: number };
  series: { series: ComparableSeries; reference: SparseCounts; current: SparseCounts }[];
}

/** Reads the reference (twice, if it is large), then the current file. */
export async function countFiles(
  columns: readonly Compared[],
  given: readonly InputSpec[] | undefined,
  pair: Pair,
  progress?: Progress,
): Promise<Counted> {
  const inputs = await inputsOf(columns, given, pair.reference, progress);
  const read = (table: Table) => {
    const rows = rowsOf(table, inputs, undefined);
    return (what: string) => {
      progress?.start(what, table.size);
      return rows((bytes) => progress?.at(bytes, 0));
    };
  };
  const reference = read(pair.reference);
  const { profile } = await profileOf(
    { name: 'data', version: 'v1', inputs, outputs: [{ kind: 'tensor' }] },
    undefined,
    () => reference('profiling the reference'),
    { source: pair.reference.path, keep: 0 },
  );
  const definitions = profile.series.map(({ definition }) => definition);
  const catalogue = new Map(definitions.map((definition) => [definition.name, definition]));
  const counter = new Counter(
    { model: 'data', version: 'v1', arm: 'champion', sequence: 0 },
    catalogue,
  );
  const extract = await createExtractor({ name: 'data', inputs }, ['x']);
  let rows = 0;
  for await (const batch of read(pair.current)('counting the current file')) {
    for (const { input } of batch) extract(input, counter);
    rows += batch.length;
  }
  const current = counter.toEntry()?.series ?? {};
  const counts = new Map(profile.series.map((one) => [one.definition.name, one]));
  return {
    rows: { reference: profile.n, current: rows },
    series: columns.map(({ name }) => {
      const found = counts.get(SERIES.input(name));
      if (found === undefined || !isComparable(found.definition)) {
        throw new SiskinError('internal', `the profile has no series of the column "${name}"`);
      }
      const { definition, counts: reference } = found;
      return { series: definition, reference, current: current[definition.name] ?? [] };
    }),
  };
}

/** Longer labels are no categories of a profile: they count as "other". */
const MAX_LABEL = 128;

async function inputsOf(
  columns: readonly Compared[],
  given: readonly InputSpec[] | undefined,
  table: Table,
  progress: Progress | undefined,
): Promise<InputSpec[]> {
  const open = columns.filter(({ name, kind }) => {
    const input = given?.find((one) => one.name === name);
    return (
      kind === 'categorical' && !(input?.kind === 'categorical' && input.categories.length > 1)
    );
  });
  progress?.start('looking for categories', table.size);
  const found =
    open.length === 0
      ? new Map()
      : await scout(
          table,
          open.map(({ name }) => name),
          (bytes) => progress?.at(bytes, 0),
        );
  return columns.map(({ name, kind }): InputSpec => {
    if (kind === 'numeric') return { name, kind, fill: 0, mean: 0, scale: 1 };
    const input = given?.find((one) => one.name === name);
    const learnt: string[] = found.get(name)?.categories ?? [];
    const usable = learnt.filter((label) => label.length > 0 && label.length <= MAX_LABEL);
    if (input?.kind === 'categorical' && !found.has(name)) return input;
    return { name, kind, categories: usable.length > 0 ? usable : ['–'] };
  });
}

/** @param wanted tests; left out, all that apply to the column's kind. */
export function asSiskin(
  columns: readonly Compared[],
  { series }: Counted,
  policy: Policy,
  wanted?: readonly SiskinTest[],
): SiskinComparison[] {
  const looked = series.map((one) => {
    const probes = probesOf(one.series, one.reference);
    const tally = tallyOf(probes, [one.current]);
    const deffs = probes.list.map(() => 1);
    return {
      probes,
      tally,
      found: significance(probes, tally, { deffs, df: KNOWN_DF, clustered: false }),
      measures: measure(one.series, one.reference, one.current),
    };
  });
  const adjusted = benjaminiHochberg(looked.map(({ found }) => found.p));
  return looked.map(({ probes, tally, found, measures }, i) => {
    const { name, kind } = columns[i]!;
    const floors = policy.sizeOf(measures.name);
    const tests: SiskinComparison['tests'] = {
      smooth: verdict(found, adjusted[i]!, sizeOf(measures), floors, policy.q),
      ...distances(measures, probes.referenceValues, sum(tally.values), floors),
    };
    for (const test of SISKIN_TESTS) {
      const applies = (KINDS[test] as readonly Kind[]).includes(kind);
      if (!applies || wanted?.includes(test) === false) delete tests[test];
      else if (tests[test] === undefined) {
        tests[test] = { error: `column "${name}" has no value to compare in one of the files` };
      }
    }
    return { chosen: 'smooth', tests };
  });
}

function sizeOf({ psiCorrected, wasserstein, rates }: Measures): Size {
  const rises = Object.values(rates).map(({ share, reference }) => share - reference);
  return { psi: psiCorrected ?? 0, wasserstein: wasserstein ?? 0, rate: Math.max(0, ...rises) };
}

function verdict(
  { p, by }: Significance,
  adjusted: number,
  size: Size,
  floors: Size,
  q: number,
): Verdict {
  const severity = severityOf(size, floors);
  return {
    score: adjusted,
    threshold: q,
    drifted: adjusted <= q && severity >= 1,
    pValue: p,
    by,
    size,
    severity,
  };
}

/** @param m values of the reference; @param n of the current file. */
function distances(
  { psi, jensenShannon, chiSquare, ks, wasserstein, bins }: Measures,
  m: number,
  n: number,
  floors: Size,
): SiskinComparison['tests'] {
  if (psi === null || jensenShannon === null || chiSquare === null) return {};
  const reference = bins.map((bin) => bin.reference * m);
  const current = bins.map((bin) => bin.current * n);
  // As PSI has it: an empty bin costs what one observation can tell.
  const half = (counts: number[]): number[] => counts.map((count) => count + 0.5);
  const distance = (score: number, threshold = DISTANCE): TestResult => ({
    score,
    threshold,
    drifted: score >= threshold,
  });
  const pValue = (p: number): TestResult => ({
    score: p,
    threshold: LEVEL,
    drifted: p < LEVEL,
    pValue: p,
  });
  return {
    psi: distance(psi, floors.psi),
    jensenshannon: distance(jensenShannon),
    hellinger: distance(hellinger(reference, current)),
    kl_div: distance(klDivergence(half(reference), half(current))),
    chisquare: pValue(chiSquare.p),
    total_variation: distance(totalVariation(reference, current)),
    l_infinity: distance(lInfinity(reference, current)),
    ...(ks !== null && { ks: pValue(kolmogorovSmirnovP(ks, m, n)) }),
    ...(wasserstein !== null && { wasserstein: distance(wasserstein, floors.wasserstein) }),
  };
}
