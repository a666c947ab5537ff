/**
 * Siskin's own comparison of two files: the reference becomes a profile by the device's own profiler,
 * the current file counts in its bins, and all that is said is said from counts, as of devices. Rows
 * count as independent, so the design effect is 1.
 */
import {
  CATEGORY_OTHER,
  type ComparableSeries,
  type InputSpec,
  isComparable,
  SERIES,
  SiskinError,
  type SparseCounts,
  sizeOf as sizeOfSeries,
  toDense,
} from '@siskin/protocol';
import { Counter, createExtractor, profileOf } from '@siskin/worker/reference';
import type { Kind, TestError, TestResult } from './compare/column.ts';
import type { Compared, Pair } from './comparedColumns.ts';
import { type DataSpec, UNKNOWN } from './dataSpec.ts';
import { chiSquare } from './distances/chiSquare.ts';
import { hellinger } from './distances/hellinger.ts';
import { jensenShannon } from './distances/jensenShannon.ts';
import { klDivergence } from './distances/klDivergence.ts';
import { kolmogorovSmirnovP } from './distances/kolmogorovSmirnovP.ts';
import { lInfinity } from './distances/lInfinity.ts';
import { psi } from './distances/psi.ts';
import { totalVariation } from './distances/totalVariation.ts';
import { sum } from './distribution.ts';
import { benjaminiHochberg } from './drift/benjaminiHochberg.ts';
import { groupsOf } from './drift/groups.ts';
import { type Measures, measure } from './drift/measure.ts';
import type { Policy } from './drift/policy.ts';
import { probesOf, tallyOf } from './drift/probes.ts';
import { type Significance, significance } from './drift/significance.ts';
import { type Size, severityOf } from './drift/size.ts';
import { learnCategories } from './learnCategories.ts';
import { rowsOf } from './referenceRows.ts';
import type { Progress } from './tables/progress.ts';
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
  /** Of the files. */
  paths: { reference: string; current: string };
  series: { series: ComparableSeries; reference: SparseCounts; current: SparseCounts }[];
}

/** Reads the reference (twice, if it is large), then the current file. */
export async function countFiles(
  columns: readonly Compared[],
  spec: DataSpec | undefined,
  pair: Pair,
  progress?: Progress,
): Promise<Counted> {
  const inputs = await inputsOf(columns, spec, pair.reference, progress);
  const read = (table: Table) => {
    const rows = rowsOf(table, inputs, undefined);
    return async function* (what: string) {
      progress?.start(what, table.size);
      let done = 0;
      for await (const batch of rows((bytes) => progress?.at(bytes, done))) {
        done += batch.length;
        yield batch;
      }
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
    paths: { reference: pair.reference.path, current: pair.current.path },
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

async function inputsOf(
  columns: readonly Compared[],
  spec: DataSpec | undefined,
  table: Table,
  progress: Progress | undefined,
): Promise<InputSpec[]> {
  const inputs = columns.map(({ name, kind }): InputSpec => {
    if (kind === 'numeric') return { name, kind, fill: 0, mean: 0, scale: 1 };
    const given = spec?.inputs.find((one) => one.name === name);
    return given?.kind === 'categorical' ? given : { name, kind, categories: UNKNOWN };
  });
  const open = columns.filter(({ name, kind }) => {
    return kind === 'categorical' && (spec === undefined || spec.open.has(name));
  });
  return learnCategories(inputs, new Set(open.map(({ name }) => name)), table, progress);
}

/** @param wanted tests; left out, all that apply to the column's kind. */
export function asSiskin(
  columns: readonly Compared[],
  { series, paths }: Counted,
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
      cells: cellsOf(one),
    };
  });
  const adjusted = benjaminiHochberg(looked.map(({ found }) => found.p));
  return looked.map(({ found, measures, cells }, i) => {
    const { name, kind } = columns[i]!;
    const floors = policy.sizeOf(measures.name);
    const tests: SiskinComparison['tests'] = {
      smooth: verdict(found, adjusted[i]!, sizeOf(measures), floors, policy.q),
      ...distances(cells, measures, floors),
    };
    for (const test of SISKIN_TESTS) {
      const applies = (KINDS[test] as readonly Kind[]).includes(kind);
      if (!applies || wanted?.includes(test) === false) delete tests[test];
      else if (tests[test] === undefined) {
        const empty = sum(cells.reference) === 0 ? paths.reference : paths.current;
        tests[test] = { error: `column "${name}" has no value in ${empty}` };
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

interface Cells {
  reference: number[];
  current: number[];
}

/** Values by bin of the comparison. Categories that the reference does not name share one. */
function cellsOf({ series, reference, current }: Counted['series'][number]): Cells {
  const before = toDense(reference, sizeOfSeries(series));
  const now = toDense(current, sizeOfSeries(series));
  const bins = groupsOf(series, before).map((group) => group.bins);
  const other = before[CATEGORY_OTHER]! + now[CATEGORY_OTHER]! > 0;
  if (series.kind === 'category' && other) bins.push([CATEGORY_OTHER]);
  const total = (counts: Float64Array) =>
    bins.map((cell) => cell.reduce((n, bin) => n + counts[bin]!, 0));
  return { reference: total(before), current: total(now) };
}

function distances(
  { reference, current }: Cells,
  { kind, ks, wasserstein }: Measures,
  floors: Size,
): SiskinComparison['tests'] {
  const [m, n] = [sum(reference), sum(current)];
  if (m === 0 || n === 0) return {};
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
    psi: distance(psi(reference, current), floors.psi),
    jensenshannon: distance(jensenShannon(reference, current)),
    hellinger: distance(hellinger(reference, current)),
    kl_div: distance(klDivergence(half(reference), half(current))),
    chisquare: pValue(chiSquare(reference, current, kind !== 'category').p),
    total_variation: distance(totalVariation(reference, current)),
    l_infinity: distance(lInfinity(reference, current)),
    ...(ks !== null && { ks: pValue(kolmogorovSmirnovP(ks, m, n)) }),
    ...(wasserstein !== null && { wasserstein: distance(wasserstein, floors.wasserstein) }),
  };
}
