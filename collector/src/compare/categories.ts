/** Categories as the peers see them: numbers where every one is a number, in ascending order. */
import type { CategoricalColumn, Category } from './column.ts';

/**
 * @param labels distinct, in any order; @param reference places in `labels`, −1 where missing.
 * @param current likewise.
 * @returns the column over the sorted categories. Labels of one number (`1`, `1.0`) become one category.
 */
export function categoricalColumn(
  name: string,
  labels: readonly string[],
  reference: Int32Array,
  current: Int32Array,
): CategoricalColumn {
  const numbers = labels.map(numberOf);
  const coded = labels.length > 0 && numbers.every((number) => number !== undefined);
  const all: readonly Category[] = coded ? (numbers as number[]) : labels;
  const categories = [...new Set(all)].sort(ascending);
  const places = new Map(categories.map((category, place) => [category, place]));
  const recode = (codes: Int32Array): Int32Array =>
    codes.map((code) => (code < 0 ? code : places.get(all[code]!)!));
  return {
    name,
    kind: 'categorical',
    categories,
    reference: recode(reference),
    current: recode(current),
  };
}

function numberOf(label: string): number | undefined {
  const number = Number(label);
  return label.trim() !== '' && Number.isFinite(number) ? number : undefined;
}

/** Numbers by value, texts by code points, as Python sorts them. */
function ascending(a: Category, b: Category): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [x, y] = [[...String(a)], [...String(b)]];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}
