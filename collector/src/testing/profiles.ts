/** Reference series from raw values, centred on their median and scaled by their interquartile range. */
import {
  binOf,
  type DataSeries,
  rangeBinOf,
  type SparseCounts,
  sizeOf,
  toSparse,
} from '@siskin/protocol';

type NumericSeries = Extract<DataSeries, { kind: 'numeric' }>;

export function numericSeries(name: string, values: readonly number[]): NumericSeries {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (p: number): number => sorted[Math.floor(p * (sorted.length - 1))]!;
  const times = new Map<number, number>();
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
  return {
    name,
    kind: 'numeric',
    center: at(0.5),
    scale: at(0.75) - at(0.25) || Math.abs(at(0.5)) || 1,
    atoms: [...times]
      .flatMap(([value, n]) => (n >= values.length / 100 ? [value] : []))
      .sort((a, b) => a - b),
    min: sorted[0]!,
    max: sorted.at(-1)!,
  };
}

export function countNumbers(
  series: NumericSeries,
  values: readonly (number | null)[],
): SparseCounts {
  const dense = new Float64Array(sizeOf(series));
  for (const value of values) {
    dense[binOf(value, series)]!++;
    const outside = rangeBinOf(value, series);
    if (outside >= 0) dense[outside]!++;
  }
  return toSparse(dense);
}
