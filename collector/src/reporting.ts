/** Composes a report: counts of a stretch of time, summed, against the profiles of their versions. */
import {
  catalogueOf,
  definitionsOf,
  isComparable,
  referenceCounts,
  SERIES,
  SiskinError,
  totalOf,
} from '@siskin/protocol';
import { conceptOf } from './concept/concept.ts';
import { measure } from './drift/measure.ts';
import { type Policy, policyOf } from './drift/policy.ts';
import { type DriftHistory, followDrift } from './drifting.ts';
import type { FeatureReport, Report, VersionReport } from './reports/report.ts';
import { summarise } from './reports/summary.ts';
import type { Store, VersionRecord, WindowRow } from './store.ts';
import { judgedLength, timelinesOf } from './windows/timeline.ts';
import { totalsOf, type VersionTotals } from './windows/total.ts';
import { windowStart } from './windows/windowStart.ts';

export interface ReporterOptions {
  store: Pick<Store, 'counts' | 'control'>;
  /** Length of a window, ms. */
  windowMs: number;
  now(): number;
}

/** @throws SiskinError `not_found` if the app has no such model. */
export type Reporter = (app: string, model: string, sinceMs: number) => Promise<Report>;

export function reporter({ store, windowMs, now }: ReporterOptions): Reporter {
  return async (app, model, sinceMs) => {
    const { control, counts } = store;
    const [current] = await control.deployments(app, model);
    if (current === undefined) {
      throw new SiskinError('not_found', `app "${app}" has no model "${model}"`);
    }
    const generated = now();
    const from = windowStart(generated, sinceMs, windowMs);
    const until = windowStart(generated, -windowMs, windowMs); // the open window is part of it
    const records = new Map((await control.versions(app, model)).map((r) => [r.version, r]));
    const policies = [...records.values()].map(({ spec }) => policyOf(spec.alarm));
    const rows = await counts.read({
      app,
      model,
      from: from - historyOf(policies, windowMs),
      until,
    });
    const shown = rows.filter((row) => row.window >= from);
    const totals = totalsOf(shown);
    // A window that is still open is shown, but not judged: its counts are not all there.
    const closed = rows.filter((row) => row.window + windowMs <= generated);
    const length = judgedLength(
      predictionsIn(closed, from),
      spanOf(closed, from, windowMs),
      windowMs,
    );
    const timelines = timelinesOf(closed, length);
    const versions = totals
      .map((total) => {
        const record = records.get(total.version)!;
        const policy = policyOf(record.spec.alarm);
        const timeline = timelines.find((t) => t.version === total.version && t.arm === total.arm);
        const history: DriftHistory =
          timeline === undefined
            ? { series: new Map(), episodes: [] }
            : followDrift(timeline, record.profile, policy, Math.floor(from / length) * length);
        const those = shown.filter((r) => r.version === total.version && r.arm === total.arm);
        return versionReport(record, total, history, those);
      })
      .sort((a, b) => rank(a, current.champion) - rank(b, current.champion));
    const { rollout } = current;
    return {
      v: 1,
      app,
      model,
      generated: new Date(generated).toISOString(),
      since: new Date(from).toISOString(),
      until: new Date(until).toISOString(),
      champion: current.champion,
      canary: rollout === undefined ? null : { version: rollout.version, share: rollout.share },
      sequence: current.sequence,
      versions,
      alarm: versions.some((version) => version.alarm),
    };
  };
}

function rank({ version, arm }: VersionReport, champion: string): number {
  return (version === champion ? 0 : 1) + (arm === 'champion' ? 0 : 2);
}

/** Windows before the report's, so that variances are known and an alarm that is on has a beginning. */
const HISTORY_WINDOWS = 30;

function historyOf(policies: readonly Policy[], windowMs: number): number {
  const days = policies.flatMap(({ references, recentDays }) =>
    references.map((one) => (one === 'recent' ? recentDays : one === 'seasonal' ? 28 : 0)),
  );
  return Math.max(HISTORY_WINDOWS * windowMs, ...days.map((day) => day * 86_400_000));
}

/** From the first to the last window that has counts. */
function spanOf(rows: readonly WindowRow[], from: number, windowMs: number): number {
  let first = Number.POSITIVE_INFINITY;
  let last = from;
  for (const { window } of rows) {
    if (window < from) continue;
    first = Math.min(first, window);
    last = Math.max(last, window);
  }
  return Math.max(last - first, 0) + windowMs;
}

function predictionsIn(rows: readonly WindowRow[], from: number): number {
  return rows.reduce(
    (sum, { series, window, counts }) =>
      series === SERIES.predictions && window >= from ? sum + totalOf(counts) : sum,
    0,
  );
}

function versionReport(
  record: VersionRecord,
  { version, arm, series }: VersionTotals,
  history: DriftHistory,
  rows: readonly WindowRow[],
): VersionReport {
  const { profile, spec } = record;
  const features = profile.series.flatMap(({ definition, counts }): FeatureReport[] => {
    if (!isComparable(definition)) return [];
    const { name } = definition;
    const measures = measure(definition, counts, series.get(name) ?? []);
    const judged = history.series.get(name);
    if (judged === undefined) return [{ ...measures, state: 'not-enough-data', evidence: null }];
    const { state, since, p, q, size, ...rest } = judged;
    const evidence = {
      ...rest,
      p: Number.isNaN(p) ? null : p,
      q: Number.isNaN(q) ? null : q,
      size,
      since: since === null ? null : new Date(since).toISOString(),
    };
    return [{ ...measures, state, evidence }];
  });
  const catalogue = catalogueOf(spec, definitionsOf(profile));
  const summary = summarise(catalogue, series, (name) => referenceCounts(profile, name), features);
  return {
    version,
    arm,
    ...summary,
    concept: conceptOf(spec, profile, rows),
    features,
    episodes: history.episodes.map(({ from, to, ...episode }) => ({
      ...episode,
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
    })),
    alarm: features.some(({ state }) => state === 'drift'),
  };
}
