/** The plain figures of one version and arm, from its totals: what was called, answered and felt. */
import {
  ACCOUNTS,
  ANSWERS,
  BACKENDS,
  type Catalogue,
  categoryOf,
  DECISIONS,
  ERROR_CODES,
  FALLBACKS,
  SERIES,
  SIGNALS,
  type SparseCounts,
} from '@siskin/protocol';
import { isOrdered, massesOf, moments, quantile, segmentsOf, sum } from '../distribution.ts';
import type { ClassShare, FeatureReport, Spread, VersionReport } from './report.ts';

export type Totals = ReadonlyMap<string, SparseCounts>;
export type Summary = Omit<
  VersionReport,
  'version' | 'arm' | 'concept' | 'features' | 'episodes' | 'alarm'
>;

/** @param features measured before: shares of missing inputs are taken from them. */
export function summarise(
  catalogue: Catalogue,
  totals: Totals,
  reference: (series: string) => SparseCounts | undefined,
  features: readonly FeatureReport[],
): Summary {
  const named = (series: string, names: readonly string[]): Record<string, number> =>
    byName(totals.get(series) ?? [], names);
  const spread = (series: string): Spread | null => spreadOf(catalogue, totals, series);
  return {
    predictions: { counted: 0, failed: 0, ...named(SERIES.predictions, ACCOUNTS) },
    classes: classesOf(catalogue, totals, reference(SERIES.label)),
    value: spread(SERIES.value),
    confidence: spread(SERIES.confidence),
    latency: spread(SERIES.latency),
    load: spread(SERIES.load),
    backends: named(SERIES.backend, BACKENDS),
    fallbacks: named(SERIES.fallback, FALLBACKS),
    errors: named(SERIES.error, ERROR_CODES),
    answers: named(SERIES.answer, ANSWERS),
    decisions: named(SERIES.decision, DECISIONS),
    signals: named(SERIES.signal, SIGNALS),
    missing: missingShare(features),
    outcomes: outcomesOf(totals.get(SERIES.reliability)),
  };
}

function byName(counts: SparseCounts, names: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (let i = 0; i < counts.length; i += 2) {
    const name = categoryOf(counts[i]!, names);
    found[name === null ? 'missing' : (name ?? 'other')] = counts[i + 1]!;
  }
  return found;
}

function spreadOf(catalogue: Catalogue, totals: Totals, name: string): Spread | null {
  const series = catalogue.get(name);
  const counts = totals.get(name);
  if (series === undefined || counts === undefined || !isOrdered(series)) return null;
  const segments = segmentsOf(series);
  const masses = massesOf(segments, counts);
  const moment = moments(segments, masses);
  if (moment === undefined) return null;
  const at = (p: number): number => quantile(segments, masses, p)!;
  return {
    n: sum(masses),
    mean: moment.mean,
    p5: at(0.05),
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
  };
}

function classesOf(
  catalogue: Catalogue,
  totals: Totals,
  reference: SparseCounts | undefined,
): ClassShare[] | null {
  const series = catalogue.get(SERIES.label);
  const counts = totals.get(SERIES.label);
  if (series?.kind !== 'category' || counts === undefined) return null;
  const names = [...series.categories, 'other', 'missing'];
  const now = byName(counts, series.categories);
  const then = byName(reference ?? [], series.categories);
  const total = (shares: Record<string, number>): number => sum(Object.values(shares));
  return names
    .filter((label) => label in now || label in then)
    .map((label) => ({
      label,
      count: now[label] ?? 0,
      share: (now[label] ?? 0) / total(now),
      reference: reference === undefined ? null : (then[label] ?? 0) / total(then),
    }));
}

function missingShare(features: readonly FeatureReport[]): number | null {
  const inputs = features.filter(({ name, n }) => name.startsWith('input/') && n > 0);
  const n = sum(inputs.map((feature) => feature.n));
  const missing = sum(inputs.map((feature) => feature.n * (feature.rates.missing?.share ?? 0)));
  return n === 0 ? null : missing / n;
}

/** The reliability table has "wrong" in its even bins and "right" in its odd ones. */
function outcomesOf(table: SparseCounts | undefined): VersionReport['outcomes'] {
  if (table === undefined) return null;
  let n = 0;
  let right = 0;
  for (let i = 0; i < table.length; i += 2) {
    n += table[i + 1]!;
    if (table[i]! % 2 === 1) right += table[i + 1]!;
  }
  return { n, accuracy: right / n };
}
