/** What `inspect()` hands over — the batches that wait to be sent — summed up for reading. */

/** As far as this page looks into a batch; the whole of it is shown as it is. */
interface Batch {
  entries: {
    model: string;
    version: string;
    arm: string;
    /** Bin, count, bin, count … by series. */
    series: Record<string, number[]>;
  }[];
}

export interface SeriesCounts {
  name: string;
  /** Bin and count, in the order of bins. */
  bins: [bin: number, count: number][];
  total: number;
}

export interface VersionCounts {
  /** “house v1 (champion)” */
  title: string;
  series: SeriesCounts[];
}

export interface Summary {
  batches: number;
  series: number;
  /** All counts of all bins added up. */
  counts: number;
  versions: VersionCounts[];
}

export function summarise(inspected: readonly unknown[]): Summary {
  const versions = new Map<string, Map<string, Map<number, number>>>();
  for (const { entries } of inspected as readonly Batch[]) {
    for (const { model, version, arm, series } of entries) {
      const into = entryOf(versions, `${model} ${version} (${arm})`);
      for (const [name, sparse] of Object.entries(series)) {
        const bins = entryOf(into, name);
        for (let i = 0; i < sparse.length; i += 2)
          bins.set(sparse[i]!, (bins.get(sparse[i]!) ?? 0) + sparse[i + 1]!);
      }
    }
  }
  const read = [...versions].map(([title, series]) => ({
    title,
    series: [...series].map(([name, bins]) => seriesOf(name, bins)).sort(byName),
  }));
  const all = read.flatMap(({ series }) => series);
  return {
    batches: inspected.length,
    series: all.length,
    counts: all.reduce((sum, { total }) => sum + total, 0),
    versions: read.sort((a, b) => a.title.localeCompare(b.title)),
  };
}

function seriesOf(name: string, counts: Map<number, number>): SeriesCounts {
  const bins = [...counts].sort(([a], [b]) => a - b);
  return { name, bins, total: bins.reduce((sum, [, count]) => sum + count, 0) };
}

const byName = (a: SeriesCounts, b: SeriesCounts) => a.name.localeCompare(b.name);

function entryOf<K, L, V>(map: Map<K, Map<L, V>>, key: K): Map<L, V> {
  const entry = map.get(key) ?? new Map<L, V>();
  map.set(key, entry);
  return entry;
}
