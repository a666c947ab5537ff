/** Which columns of two files are compared, of what kind, and what they hold: read into memory. */
import { type InputSpec, SiskinError } from '@siskin/protocol';
import { categoricalColumn } from './compare/categories.ts';
import type { Column, Kind } from './compare/column.ts';
import { placeOf } from './referenceRows.ts';
import { numberIn } from './tables/cells.ts';
import type { Progress } from './tables/progress.ts';
import type { Cell, Table } from './tables/table.ts';
import { categoryOf, Fault, numberOf } from './tables/values.ts';

export interface Compared {
  name: string;
  kind: Kind;
}

export interface Pair {
  reference: Table;
  current: Table;
}

/**
 * The numeric and categorical inputs of a spec.
 * @throws SiskinError `data_invalid` for one that a file lacks, `usage` if there is none.
 */
export function columnsOfSpec(inputs: readonly InputSpec[], pair: Pair): Compared[] {
  const columns = inputs.flatMap(({ name, kind }): Compared[] =>
    kind === 'numeric' || kind === 'categorical' ? [{ name, kind }] : [],
  );
  if (columns.length === 0) {
    throw new SiskinError('usage', 'the spec has no numeric and no categorical input to compare');
  }
  for (const table of [pair.reference, pair.current]) {
    for (const { name } of columns) placeOf(table, name, 'which the spec names as an input');
  }
  return columns;
}

/**
 * All columns, numeric where every cell of both files is a number or missing.
 * @throws SiskinError `data_invalid` for a column that one of the files lacks.
 */
export async function columnsOfFiles(pair: Pair, progress?: Progress): Promise<Compared[]> {
  const { reference, current } = pair;
  for (const [table, other] of [
    [current, reference],
    [reference, current],
  ] as const) {
    for (const name of other.columns) {
      placeOf(table, name, `which ${other.path} has (name those to compare with --spec)`);
    }
  }
  const texts = new Set<string>();
  for (const table of [reference, current]) {
    const open = table.columns
      .map((name, at) => ({ name, at }))
      .filter(({ name }) => !texts.has(name));
    progress?.start('looking for numbers', table.size);
    for await (const rows of table.rows((bytes) => progress?.at(bytes, 0))) {
      for (const { cells } of rows) {
        for (let i = open.length - 1; i >= 0; i--) {
          const { name, at } = open[i]!;
          if (isNumber(cells[at], table.texts)) continue;
          texts.add(name);
          open.splice(i, 1);
        }
      }
    }
  }
  return reference.columns.map((name) => ({
    name,
    kind: texts.has(name) ? 'categorical' : 'numeric',
  }));
}

/** Truth values can stand for numbers, but who writes them means categories. */
function isNumber(cell: Cell, texts: boolean): boolean {
  if (typeof cell === 'boolean') return false;
  if (typeof cell === 'string' && /^\s*(true|false)\s*$/i.test(cell)) return false;
  return numberIn(cell, texts) !== undefined;
}

/**
 * @returns the columns in the given order, one value or code for every row.
 * @throws SiskinError `data_invalid` naming file, line and column of a cell that is not of its kind.
 */
export async function readColumns(
  columns: readonly Compared[],
  pair: Pair,
  progress?: Progress,
): Promise<Column[]> {
  const stores = columns.map(({ kind }) => (kind === 'numeric' ? new Numbers() : new Codes()));
  const rows = { reference: 0, current: 0 };
  for (const side of ['reference', 'current'] as const) {
    const table = pair[side];
    const places = columns.map(({ name }) => table.columns.indexOf(name));
    for (const store of stores) store.turnTo(side);
    progress?.start(`reading the ${side}`, table.size);
    for await (const batch of table.rows((bytes) => progress?.at(bytes, rows[side]))) {
      for (const { cells, line } of batch) {
        for (let i = 0; i < stores.length; i++) {
          try {
            stores[i]!.add(cells[places[i]!], table.texts);
          } catch (fault) {
            if (!(fault instanceof Fault)) throw fault;
            throw new SiskinError(
              'data_invalid',
              `${table.path} ${table.unit} ${line}, column "${columns[i]!.name}": ${fault.message}`,
            );
          }
        }
      }
      rows[side] += batch.length;
    }
  }
  return stores.map((store, i) => store.column(columns[i]!.name));
}

type Side = keyof Pair;

class Numbers {
  #sides = { reference: new Float64Array(1024), current: new Float64Array(1024) };
  #sizes = { reference: 0, current: 0 };
  #side: Side = 'reference';

  turnTo(side: Side): void {
    this.#side = side;
  }

  /** @throws Fault */
  add(cell: Cell, texts: boolean): void {
    const size = this.#sizes[this.#side]++;
    let values = this.#sides[this.#side];
    if (size === values.length) {
      values = new Float64Array(size * 2);
      values.set(this.#sides[this.#side]);
      this.#sides[this.#side] = values;
    }
    values[size] = numberOf(cell, texts) ?? Number.NaN;
  }

  column(name: string): Column {
    const of = (side: Side) => this.#sides[side].subarray(0, this.#sizes[side]);
    return { name, kind: 'numeric', reference: of('reference'), current: of('current') };
  }
}

class Codes {
  #sides = { reference: new Int32Array(1024), current: new Int32Array(1024) };
  #sizes = { reference: 0, current: 0 };
  #side: Side = 'reference';
  #labels: string[] = [];
  #codes = new Map<string, number>();

  turnTo(side: Side): void {
    this.#side = side;
  }

  /** @throws Fault */
  add(cell: Cell): void {
    const size = this.#sizes[this.#side]++;
    let codes = this.#sides[this.#side];
    if (size === codes.length) {
      codes = new Int32Array(size * 2);
      codes.set(this.#sides[this.#side]);
      this.#sides[this.#side] = codes;
    }
    codes[size] = this.#codeOf(categoryOf(cell));
  }

  #codeOf(label: string | null): number {
    if (label === null) return -1;
    const known = this.#codes.get(label);
    if (known !== undefined) return known;
    this.#codes.set(label, this.#labels.length);
    return this.#labels.push(label) - 1;
  }

  column(name: string): Column {
    const of = (side: Side) => this.#sides[side].subarray(0, this.#sizes[side]);
    return categoricalColumn(name, this.#labels, of('reference'), of('current'));
  }
}
