/** A table's rows as a model's inputs, as a page would pass them to `predict()`. */
import { type InputSpec, SiskinError } from '@siskin/protocol';
import type { Input, ReferenceRow } from '@siskin/worker/reference';
import { closest } from 'fastest-levenshtein';
import type { Table } from './tables/table.ts';
import { categoryOf, Fault, numberOf, readerOf } from './tables/values.ts';

/** The column of the truths, and what they are. */
export interface Truth {
  column: string;
  kind: 'number' | 'category';
  /** Categories that a truth may be. */
  labels?: readonly string[];
}

export interface TableRow extends ReferenceRow {
  line: number;
}

/** @throws SiskinError `data_invalid` naming the column that is missing, and one that is like it. */
export function placeOf(table: Table, column: string, wanted: string): number {
  const at = table.columns.indexOf(column);
  if (at >= 0) return at;
  throw new SiskinError(
    'data_invalid',
    `${table.path} has no column "${column}", ${wanted}: did you mean "${closest(column, [...table.columns])}"?`,
  );
}

/**
 * Reads the table anew at every call.
 * @throws SiskinError `data_invalid` at once for a column that is missing; while reading, naming line
 *   and column, for a cell that holds nothing of its input's kind.
 */
export function rowsOf(
  table: Table,
  inputs: readonly InputSpec[],
  truth: Truth | undefined,
): (onBytes?: (bytes: number) => void) => AsyncGenerator<TableRow[]> {
  const columns = inputs.map((input) => ({
    name: input.name,
    at: placeOf(table, input.name, 'which the spec names as an input'),
    read: readerOf(input, table.texts),
  }));
  const truthAt =
    truth === undefined
      ? -1
      : placeOf(table, truth.column, "which the spec's labels.column names as the truth");
  const readTruth = (cell: unknown): string | number | null => {
    if (truth!.kind === 'number') return numberOf(cell, table.texts);
    const label = categoryOf(cell);
    if (label === null || truth!.labels?.includes(label) !== false) return label;
    throw new Fault(`"${label.slice(0, 40)}" is none of the output's labels: mend it or the spec`);
  };
  return async function* read(onBytes) {
    for await (const rows of table.rows(onBytes)) {
      const batch: TableRow[] = [];
      for (const { cells, line } of rows) {
        const input: Record<string, unknown> = {};
        let name = '';
        try {
          for (const column of columns) {
            name = column.name;
            input[name] = column.read(cells[column.at]);
          }
          name = truth?.column ?? '';
          const row: TableRow = { input: input as Input, line };
          if (truthAt >= 0) row.truth = readTruth(cells[truthAt]);
          batch.push(row);
        } catch (fault) {
          if (!(fault instanceof Fault)) throw fault;
          throw new SiskinError(
            'data_invalid',
            `${table.path} ${table.unit} ${line}, column "${name}": ${fault.message}`,
          );
        }
      }
      yield batch;
    }
  };
}
