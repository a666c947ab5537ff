/** What a cell says, as the kind of value that is wanted. */
import type { Cell } from './table.ts';

/** How other programs write a number that is not there. */
const MISSING = new Set(['', 'NA', 'N/A', '#N/A', 'null', 'NULL', 'None', 'nil']);
const NAMED = new Map([
  ['nan', Number.NaN],
  ['-nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['+inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
  ['+infinity', Number.POSITIVE_INFINITY],
  ['-infinity', Number.NEGATIVE_INFINITY],
  ['true', 1],
  ['false', 0],
]);

/**
 * @param texts whether a text may stand for a number, as all do in CSV; elsewhere only NaN and the
 *   infinities, which JSON cannot hold.
 * @returns null where it is missing; undefined if it is no number.
 */
export function numberIn(cell: Cell, texts: boolean): number | null | undefined {
  if (typeof cell === 'string') {
    if (texts) {
      const number = Number(cell);
      // An empty text is 0 to JavaScript.
      if (!Number.isNaN(number) && (number !== 0 || /\d/.test(cell))) return number;
      const text = cell.trim();
      return MISSING.has(text) ? null : NAMED.get(text.toLowerCase());
    }
    const named = NAMED.get(cell.toLowerCase());
    return named === undefined || Number.isFinite(named) ? undefined : named;
  }
  if (cell === null) return null;
  if (typeof cell === 'number') return cell;
  return typeof cell === 'boolean' ? Number(cell) : undefined;
}

/** @returns null where it is missing; undefined if it is neither text, number nor boolean. */
export function categoryIn(cell: Cell): string | null | undefined {
  if (typeof cell === 'string' || cell === null) return cell;
  return typeof cell === 'number' || typeof cell === 'boolean' ? String(cell) : undefined;
}

/** A cell for a message, cut short. */
export function shown(cell: Cell): string {
  const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  const text = typeof cell === 'string' ? cell : (JSON.stringify(cell, plain) ?? String(cell));
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
