/** Composes a rollout's frozen edges: beyond which bin a device is slow, as the champion's devices were. */
import {
  binCount,
  FIRST_VALUE_BIN,
  IDENTITY,
  mergeSparse,
  SERIES,
  SiskinError,
  type SparseCounts,
  toDense,
} from '@siskin/protocol';
import { frozenEdge } from './judge/exceedance.ts';
import type { CountStore, Deployment, WindowRow } from './store.ts';

const DAY_MS = 86_400_000;
/** Devices of so many days, where devices have reported … */
const DEVICES = { days: 28, least: 100 };
/** … or else predictions: any edge that does not move will do, if the champion has some 5 % beyond it. */
const PREDICTIONS = { days: 7, least: 100 };

const SOURCES: Record<string, { devices: string; predictions: string }> = {
  p95_latency: { devices: SERIES.unitLatency, predictions: SERIES.latency },
  p95_load: { devices: SERIES.unitLoad, predictions: SERIES.load },
};

export type FreezeEdges = (
  current: Deployment,
  guards: readonly string[],
) => Promise<Record<string, number>>;

/** @returns throws SiskinError `conflict` where the champion has too few times to freeze an edge at. */
export function edgeFreezer(counts: Pick<CountStore, 'read'>, now: () => number): FreezeEdges {
  return async ({ app, model, champion }, guards) => {
    const sum = async (prefix: string, days: number): Promise<SparseCounts> => {
      const from = now() - days * DAY_MS;
      const rows = await counts.read({ app, model, prefix, from, until: Number.MAX_SAFE_INTEGER });
      return rows
        .filter((row) => row.version === champion && isNamed(row, prefix))
        .reduce((all: SparseCounts, row) => mergeSparse(all, row.counts), []);
    };
    const edges: Record<string, number> = {};
    for (const guard of guards) {
      const source = SOURCES[guard];
      if (source === undefined) continue;
      const edge =
        edgeOf(await sum(source.devices, DEVICES.days), DEVICES.least) ??
        edgeOf(await sum(source.predictions, PREDICTIONS.days), PREDICTIONS.least);
      if (edge === undefined) {
        throw new SiskinError(
          'conflict',
          `${guard} cannot be guarded: version "${champion}" has had fewer than ${PREDICTIONS.least} times to compare with in ${PREDICTIONS.days} days. Wait for more, or leave this guard out`,
        );
      }
      edges[guard] = edge;
    }
    return edges;
  };
}

/** `unit/load#12` and `software/load` themselves, not others that begin alike. */
const isNamed = ({ series }: WindowRow, name: string): boolean =>
  series === name || series.startsWith(`${name}#`);

function edgeOf(sparse: SparseCounts, least: number): number | undefined {
  const dense = toDense(sparse, binCount(IDENTITY)).fill(0, 0, FIRST_VALUE_BIN);
  return dense.reduce((sum, count) => sum + count, 0) < least ? undefined : frozenEdge(dense);
}
