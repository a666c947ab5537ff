/** Composes what `siskin profile` does: a table, a spec and its model → a reference profile. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  CATEGORY_OTHER,
  type ModelSpec,
  messageOf,
  NAN,
  NEGATIVE_INFINITY,
  type ReferenceProfile,
  SERIES,
  type SelfTest,
  SiskinError,
  totalOf,
} from '@siskin/protocol';
import { openGraph, profileOf, type Session, selfTestOf } from '@siskin/worker/reference';
import { type DataSpec, readDataSpec } from './dataSpec.ts';
import { learnCategories } from './learnCategories.ts';
import { rowsOf, type TableRow, type Truth } from './referenceRows.ts';
import { openTable } from './tables/open.ts';
import type { Progress } from './tables/progress.ts';
import type { Table } from './tables/table.ts';

export interface ProfileRequest {
  data: string;
  spec: string;
  /** What the rows are, for a person. */
  source?: string;
  /** Run the model, where the spec names one. */
  model: boolean;
  /** Share of the variance that the principal components keep; 0: none. */
  keep: number;
  progress?: Progress;
}

export interface ProfileResult {
  profile: ReferenceProfile;
  selfTest: SelfTest | undefined;
  rows: number;
  /** Remarks for a person: what was left out, and what looks odd. */
  notes: string[];
}

/** Without a model the outputs are not known. */
const NO_OUTPUTS: ModelSpec['outputs'] = [{ kind: 'tensor' }];
const LEAST_ROWS = 2;
/** Share of unknown categories that is worth a remark. */
const MUCH_OTHER = 0.01;

/** @throws SiskinError `data_invalid`, `spec_invalid` or `profile_invalid`, naming file and line. */
export async function profileData(request: ProfileRequest): Promise<ProfileResult> {
  const table = await openTable(request.data);
  const spec = await readDataSpec(request.spec);
  const notes: string[] = [];
  const inputs = await learnCategories(spec.inputs, spec.open, table, request.progress, notes);
  const graph = request.model ? await graphOf(spec, request.spec) : undefined;
  if (graph === undefined) {
    notes.push(
      spec.model === undefined
        ? 'the spec names no model: only the inputs are profiled'
        : 'the model was not run: only the inputs are profiled',
    );
  }
  try {
    const read = rowsOf(table, inputs, graph && truthOf(spec.model!, table, notes));
    const { profile, cases } = await profileOf(
      {
        name: spec.model?.name ?? 'data',
        version: spec.model?.version ?? 'v1',
        inputs,
        outputs: graph === undefined ? NO_OUTPUTS : spec.model!.outputs,
      },
      graph,
      () => counted(read, table, request.progress),
      {
        source: request.source ?? `the rows of ${table.path}`,
        keep: request.keep,
        place: ({ line }: TableRow) => `${table.path} ${table.unit} ${line}`,
      },
    );
    if (profile.n < LEAST_ROWS) {
      throw new SiskinError(
        'data_invalid',
        `${table.path} has ${profile.n} row: a reference is a distribution, and needs some hundreds`,
      );
    }
    notes.push(...remarksOn(profile, table));
    const selfTest = cases.length === 0 ? undefined : selfTestOf(cases);
    return { profile, selfTest, rows: profile.n, notes };
  } finally {
    request.progress?.stop();
    await graph?.dispose();
  }
}

async function* counted(
  read: ReturnType<typeof rowsOf>,
  table: Table,
  progress: Progress | undefined,
): AsyncGenerator<TableRow[]> {
  let rows = 0;
  progress?.start('profiling', table.size);
  for await (const batch of read((bytes) => progress?.at(bytes, rows))) {
    rows += batch.length;
    yield batch;
  }
}

function truthOf(model: ModelSpec, table: Table, notes: string[]): Truth | undefined {
  const column = model.labels?.column;
  const [output] = model.outputs;
  if (column === undefined || output === undefined || output.kind === 'tensor') {
    notes.push('the spec names no labels.column: there is no calibration, and no residuals');
    return undefined;
  }
  if (!table.columns.includes(column)) {
    notes.push(`there is no column "${column}" (labels.column): no calibration, and no residuals`);
    return undefined;
  }
  return output.kind === 'regression'
    ? { column, kind: 'number' }
    : { column, kind: 'category', labels: output.labels };
}

async function graphOf(spec: DataSpec, path: string): Promise<Session | undefined> {
  const { model } = spec;
  if (model === undefined) return undefined;
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const name of model.files) {
    const file = join(dirname(path), name);
    try {
      files.set(name, new Uint8Array(await readFile(file)));
    } catch (cause) {
      throw new SiskinError(
        'spec_invalid',
        `${path} names "${name}", which cannot be read beside it (${messageOf(cause)}): put it there, or profile the inputs alone with --no-model`,
        { cause },
      );
    }
  }
  return openGraph(model, files);
}

/** What is worth a second look in the reference itself. */
function remarksOn({ series }: ReferenceProfile, table: Table): string[] {
  const notes: string[] = [];
  for (const { definition, counts } of series) {
    const { name, kind } = definition;
    if (!name.startsWith(SERIES.input(''))) continue;
    const column = name.slice(SERIES.input('').length);
    const refuse = (text: string) =>
      new SiskinError('data_invalid', `${table.path}, column "${column}": ${text}`);
    const bins = counts.filter((_, i) => i % 2 === 0);
    if (bins.length === 1 && bins[0] === 0) {
      throw refuse('no row has a value: fill it, or take the input out of the spec');
    }
    if (kind === 'category') {
      const at = bins.indexOf(CATEGORY_OTHER);
      const share = at < 0 ? 0 : counts[2 * at + 1]! / totalOf(counts);
      if (share === 1) {
        throw refuse('no row has a category that the spec names: compare how they are written');
      }
      if (share >= MUCH_OTHER) {
        notes.push(
          `column "${column}": ${(share * 100).toFixed(1)} % of the rows have a category that the spec does not name`,
        );
      }
    }
    if (bins.length === 1) notes.push(`column "${column}" has the same value in every row`);
    if (kind === 'numeric' && bins.some((bin) => bin >= NAN && bin <= NEGATIVE_INFINITY)) {
      notes.push(`column "${column}" has NaN or infinite values: they are counted apart`);
    }
  }
  return notes;
}
