/** A look over whole columns: what kind they are, and which categories they have. */
import { categoryIn, numberIn } from './cells.ts';
import type { Cell, Table } from './table.ts';

/** As many as a spec may name. */
const MAX_CATEGORIES = 1000;
/** Distinct values that are counted at once; of more, the rarest are dropped. */
const MAX_DISTINCT = 2 ** 20;

export interface Scouted {
  /** Every cell that is there is a number. */
  numeric: boolean;
  /** Rows with a value. */
  n: number;
  /** The most frequent, most frequent first; of equally frequent ones by name. */
  categories: string[];
  /** The column has more categories than these. */
  more: boolean;
}

class Scout {
  #counts = new Map<string, number>();
  #dropped = false;
  numeric = true;
  n = 0;

  take(cell: Cell, texts: boolean): void {
    if (cell === null) return;
    this.n++;
    if (this.numeric && numberIn(cell, texts) === undefined) this.numeric = false;
    const category = categoryIn(cell) ?? null;
    if (category === null) return;
    this.#counts.set(category, (this.#counts.get(category) ?? 0) + 1);
    if (this.#counts.size > MAX_DISTINCT) this.#forget();
  }

  /** Drops the rarest until half is left: what is frequent is soon met again. */
  #forget(): void {
    for (let least = 1; this.#counts.size > MAX_DISTINCT / 2; least *= 2) {
      for (const [name, count] of this.#counts) if (count <= least) this.#counts.delete(name);
    }
    this.#dropped = true;
  }

  result(): Scouted {
    const names = [...this.#counts]
      .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
      .map(([name]) => name);
    return {
      numeric: this.numeric,
      n: this.n,
      categories: names.slice(0, MAX_CATEGORIES),
      more: this.#dropped || names.length > MAX_CATEGORIES,
    };
  }
}

/**
 * Reads the table once.
 * @param columns to look at; those of them that the table lacks are left out.
 */
export async function scout(
  table: Table,
  columns: Iterable<string>,
  onRead?: (bytes: number, rows: number) => void,
): Promise<Map<string, Scouted>> {
  const scouts = [...columns].flatMap((name) => {
    const at = table.columns.indexOf(name);
    return at < 0 ? [] : [{ name, at, scout: new Scout() }];
  });
  let read = 0;
  for await (const rows of table.rows((bytes) => onRead?.(bytes, read))) {
    read += rows.length;
    for (const { cells } of rows) {
      for (const { at, scout } of scouts) scout.take(cells[at], table.texts);
    }
  }
  return new Map(scouts.map(({ name, scout }) => [name, scout.result()]));
}
