/**
 * Composes what `siskin label` does: truths that the ML team has, joined to what the model said, are
 * counted as a device would have counted them, and become batches of counts.
 */
import { createHash } from 'node:crypto';
import {
  type Batch,
  catalogueOf,
  definitionsOf,
  GROUPS,
  type ModelSpec,
  type ReferenceProfile,
  SiskinError,
} from '@siskin/protocol';
import { Counter, observeOutcome, randomFrom } from '@siskin/worker/reference';
import { placeOf } from './referenceRows.ts';
import { openTable } from './tables/open.ts';
import type { Cell, Table } from './tables/table.ts';
import { categoryOf, Fault, numberOf } from './tables/values.ts';

export interface LabelRequest {
  data: string;
  spec: ModelSpec;
  profile: ReferenceProfile;
  /** Arm that answered. */
  arm: 'champion' | 'canary';
  /** The SDK's version, as batches carry it. */
  sdk: string;
}

export interface Labels {
  /** At most one for each telemetry group; the same for the same file. */
  batches: Batch[];
  rows: number;
  /** Rows without a truth or without an answer. */
  skipped: number;
}

/** What a row says: the answer, and the truth. */
interface Told {
  label: string | null;
  value: number | null;
  confidence: number | null;
  truth: string | number | null;
}

/**
 * Rows count as independent: chance deals them out to the groups, the same for the same file.
 * @throws SiskinError `data_invalid` naming file, line and column; `spec_invalid` for a model whose
 *   outcomes are not counted; `profile_invalid` where the reference knows no truths.
 */
export async function labelBatches(request: LabelRequest): Promise<Labels> {
  const { spec, profile, arm, sdk } = request;
  checkComparable(spec, profile);
  const table = await openTable(request.data);
  const read = readerOf(table, spec);
  const catalogue = catalogueOf(spec, definitionsOf(profile));
  const key = { model: spec.name, version: spec.version, arm, sequence: 0 };
  const counters = Array.from({ length: GROUPS }, () => new Counter(key, catalogue));
  const hash = createHash('sha256').update(`${spec.name}\n${spec.version}\n${arm}\n`);
  const random = randomFrom(1);
  let rows = 0;
  let skipped = 0;
  for await (const batch of table.rows()) {
    for (const { cells, line } of batch) {
      const told = read(cells, line);
      if (told.truth === null || (told.label === null && told.value === null)) {
        skipped++;
        continue;
      }
      hash.update(JSON.stringify(told));
      observeOutcome(counters[Math.floor(random() * GROUPS)]!, told, told.truth);
      rows++;
    }
  }
  if (rows === 0) {
    throw new SiskinError(
      'data_invalid',
      `${table.path} has no row with both a prediction and a truth: there is nothing to count`,
    );
  }
  const digest = hash.digest();
  const batches = counters.flatMap((counter, group): Batch[] => {
    const entry = counter.toEntry();
    // The same rows have the same ids: a file that is sent twice counts once.
    const id = createHash('sha256').update(digest).update(String(group)).digest();
    return entry === undefined
      ? []
      : [
          {
            v: 1,
            id: id.subarray(0, 16).toString('base64url'),
            group,
            sdk,
            age: 0,
            span: 0,
            entries: [entry],
          },
        ];
  });
  return { batches, rows, skipped };
}

function checkComparable({ name, outputs }: ModelSpec, profile: ReferenceProfile): void {
  if (outputs[0]!.kind === 'tensor') {
    throw new SiskinError('spec_invalid', `model "${name}" answers a tensor: it has no truths`);
  }
  const known = profile.series.some(({ definition }) => definition.name.startsWith('outcome/'));
  if (profile.outcomes === undefined && !known) {
    throw new SiskinError(
      'profile_invalid',
      'the reference profile knows no truths to compare with: make it with `siskin profile` from data that have the column labels.column',
    );
  }
}

function readerOf(table: Table, { outputs }: ModelSpec) {
  const classes = outputs[0]!.kind === 'classification';
  const at = (column: string, wanted: string) => ({ column, at: placeOf(table, column, wanted) });
  const prediction = at('prediction', 'which is to hold what the model said');
  const truth = at('truth', 'which is to hold what was true');
  const confidence = classes ? at('confidence', 'which is to hold how sure the model was') : null;
  const number = (cell: Cell) => numberOf(cell, table.texts);
  const share = (cell: Cell) => {
    const value = number(cell);
    if (value === null || (value >= 0 && value <= 1)) return value;
    throw new Fault(`${value} is no confidence: it is a share from 0 to 1`);
  };
  const labels = outputs[0]!.kind === 'classification' ? outputs[0]!.labels : [];
  const label = (cell: Cell) => {
    const text = categoryOf(cell);
    if (text === null || labels.includes(text)) return text;
    throw new Fault(`"${text.slice(0, 40)}" is none of the labels that the model answers`);
  };
  return (cells: readonly Cell[], line: number): Told => {
    const of = <T>({ column, at }: { column: string; at: number }, as: (cell: Cell) => T): T => {
      try {
        return as(cells[at]);
      } catch (fault) {
        if (!(fault instanceof Fault)) throw fault;
        throw new SiskinError(
          'data_invalid',
          `${table.path} ${table.unit} ${line}, column "${column}": ${fault.message}`,
        );
      }
    };
    return confidence === null
      ? { label: null, confidence: null, value: of(prediction, number), truth: of(truth, number) }
      : {
          value: null,
          label: of(prediction, label),
          confidence: of(confidence, share),
          truth: of(truth, label),
        };
  };
}
