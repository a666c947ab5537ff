/** Columns of the oracle files, as the comparison takes them. */
import { categoricalColumn } from '../compare/categories.ts';
import type { Column, Kind } from '../compare/column.ts';

type Cell = string | number | null;

/** @param reference cells; null where missing, the text of a number that JSON cannot hold. */
export function columnOf(
  name: string,
  kind: Kind,
  reference: readonly Cell[],
  current: readonly Cell[],
): Column {
  if (kind === 'numeric') {
    const numbers = (cells: readonly Cell[]): Float64Array =>
      Float64Array.from(cells, (cell) =>
        cell === null ? Number.NaN : Number(String(cell).replace('inf', 'Infinity')),
      );
    return { name, kind, reference: numbers(reference), current: numbers(current) };
  }
  const labels = [...new Set([...reference, ...current].filter((cell) => cell !== null))].map(
    String,
  );
  const places = new Map(labels.map((label, place) => [label, place]));
  const codes = (cells: readonly Cell[]): Int32Array =>
    Int32Array.from(cells, (cell) => (cell === null ? -1 : places.get(String(cell))!));
  return categoricalColumn(name, labels, codes(reference), codes(current));
}

/** Sums of three of Park and Miller's uniform numbers, as peers.py makes them. */
export function lcg(seed: number, size: number, add: number, scale: number): number[] {
  let x = seed;
  return Array.from({ length: size }, () => {
    let total = 0;
    for (let i = 0; i < 3; i++) {
      x = (x * 16807) % 2147483647;
      total += x / 2147483647;
    }
    return total * scale + add;
  });
}
