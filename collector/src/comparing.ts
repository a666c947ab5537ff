/** Composes what `siskin compare` does: two files → for every column what each test says. */
import { messageOf, SiskinError } from '@siskin/protocol';
import { closest } from 'fastest-levenshtein';
import type { Column, Kind, TestError, TestResult } from './compare/column.ts';
import { asEvidently, EVIDENTLY_TESTS, type EvidentlyTest } from './compare/evidently.ts';
import type { Chunking } from './compare/nannyml/chunks.ts';
import { asNannyml, NANNYML_TESTS, type NannymlTest } from './compare/nannyml.ts';
import { asSiskin, countFiles, SISKIN_TESTS, type SiskinTest } from './comparedBins.ts';
import { type Compared, columnsOfFiles, columnsOfSpec, readColumns } from './comparedColumns.ts';
import { readDataSpec } from './dataSpec.ts';
import { policyOf } from './drift/policy.ts';
import { openTable } from './tables/open.ts';
import type { Progress } from './tables/progress.ts';

export const AS = ['siskin', 'evidently', 'nannyml'] as const;
export type As = (typeof AS)[number];

export interface ComparisonRequest {
  reference: string;
  current: string;
  /** Path; without one all columns are compared. */
  spec?: string;
  as: As;
  /** Left out: all that apply to a column's kind. */
  tests?: readonly string[];
  chunking: Chunking;
  progress?: Progress;
}

export interface FeatureComparison {
  name: string;
  kind: Kind;
  /** The test that decides; null where none that was asked for applies, or nothing can be said. */
  chosen: string | null;
  /** By the chosen test. */
  drifted: boolean;
  /** By name: a result, or why there is none. */
  tests: Record<string, TestResult | TestError>;
  /** Why there is no test at all. */
  error?: string;
}

export interface Comparison {
  as: As;
  rows: { reference: number; current: number };
  drifted: boolean;
  features: FeatureComparison[];
  /** Inputs of the spec that are neither numeric nor categorical. */
  skipped: string[];
}

const TESTS: Record<As, readonly string[]> = {
  siskin: SISKIN_TESTS,
  evidently: EVIDENTLY_TESTS,
  nannyml: NANNYML_TESTS,
};

/**
 * @throws SiskinError `usage` for tests that there are not; `data_invalid` or `spec_invalid` naming
 *   file, line and column. A test that is not defined for a column's values is no reason to throw.
 */
export async function compareFiles(request: ComparisonRequest): Promise<Comparison> {
  const { as, tests, progress } = request;
  checkTests(as, tests);
  try {
    const pair = {
      reference: await openTable(request.reference),
      current: await openTable(request.current),
    };
    const spec = request.spec === undefined ? undefined : await readDataSpec(request.spec);
    const columns =
      spec === undefined ? await columnsOfFiles(pair, progress) : columnsOfSpec(spec.inputs, pair);
    let rows: Comparison['rows'];
    let features: FeatureComparison[];
    if (as === 'siskin') {
      const counted = await countFiles(columns, spec, pair, progress);
      rows = counted.rows;
      const said = asSiskin(columns, counted, policyOf(spec?.alarm), tests as SiskinTest[]);
      features = said.map((one, i) => featureOf(columns[i]!, one, tests));
    } else {
      const read = await readColumns(columns, pair, progress);
      rows = { reference: read[0]!.reference.length, current: read[0]!.current.length };
      features = read.map((column) => featureOfPeer(column, request));
    }
    if (features.every((one) => Object.keys(one.tests).length === 0 && one.error === undefined)) {
      const kinds = [...new Set(columns.map(({ kind }) => kind))].join(' or ');
      throw new SiskinError('usage', `none of these tests applies to a ${kinds} column`);
    }
    const names = new Set(columns.map(({ name }) => name));
    const failed = features.map(failureOf);
    if (failed.every((why) => why !== undefined)) {
      throw new SiskinError(
        'data_invalid',
        `nothing of ${request.reference} and ${request.current} can be compared: ${failed[0]}`,
      );
    }
    return {
      as,
      rows,
      drifted: features.some(({ drifted }) => drifted),
      features,
      skipped: spec?.inputs.map(({ name }) => name).filter((name) => !names.has(name)) ?? [],
    };
  } finally {
    progress?.stop();
  }
}

/** Why there is no result of a column; undefined if there is one. */
function failureOf({ tests, error }: FeatureComparison): string | undefined {
  const results = Object.values(tests);
  if (results.some((result) => !('error' in result))) return undefined;
  const [first] = results;
  return error ?? (first !== undefined && 'error' in first ? first.error : 'no test applies');
}

function checkTests(as: As, tests: readonly string[] | undefined): void {
  const unknown = tests?.find((test) => !TESTS[as].includes(test));
  if (unknown === undefined) return;
  throw new SiskinError(
    'usage',
    `--as ${as} has no test "${unknown}": did you mean "${closest(unknown, [...TESTS[as]])}"? It has ${TESTS[as].join(', ')}`,
  );
}

function featureOfPeer(column: Column, request: ComparisonRequest): FeatureComparison {
  const { as, tests, chunking } = request;
  try {
    const said =
      as === 'evidently'
        ? asEvidently(column, tests as EvidentlyTest[])
        : asNannyml(column, chunking, tests as NannymlTest[]);
    return featureOf(column, said, tests);
  } catch (thrown) {
    if (!(thrown instanceof SiskinError)) throw thrown;
    const { name, kind } = column;
    return { name, kind, chosen: null, drifted: false, tests: {}, error: messageOf(thrown) };
  }
}

/** The peer's own choice decides, or the first that was asked for where it was not among them. */
function featureOf(
  { name, kind }: Compared,
  said: { chosen: string; tests: Record<string, TestResult | TestError> },
  asked: readonly string[] | undefined,
): FeatureComparison {
  const { tests } = said;
  const chosen = said.chosen in tests ? said.chosen : asked?.find((test) => test in tests);
  const result = chosen === undefined ? undefined : tests[chosen];
  const drifted = result !== undefined && 'drifted' in result && result.drifted;
  return { name, kind, chosen: chosen ?? null, drifted, tests };
}
