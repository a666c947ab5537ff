/** Composes a report: counts of a stretch of time, summed, against the profiles of their versions. */
import {
  catalogueOf,
  definitionsOf,
  isComparable,
  referenceCounts,
  SiskinError,
} from '@siskin/protocol';
import { judge } from './drift/alarm.ts';
import { measure } from './drift/measure.ts';
import type { Report, VersionReport } from './reports/report.ts';
import { summarise } from './reports/summary.ts';
import type { Store, VersionRecord } from './store.ts';
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
    const totals = totalsOf(await counts.read({ app, model, from, until }));
    const records = new Map((await control.versions(app, model)).map((r) => [r.version, r]));
    const versions = totals
      .map((total) => versionReport(records.get(total.version)!, total))
      .sort((a, b) => rank(a, current.champion) - rank(b, current.champion));
    const { canary } = current;
    return {
      v: 1,
      app,
      model,
      generated: new Date(generated).toISOString(),
      since: new Date(from).toISOString(),
      until: new Date(until).toISOString(),
      champion: current.champion,
      canary: canary === undefined ? null : { version: canary.version, share: canary.share },
      sequence: current.sequence,
      versions,
      alarm: versions.some((version) => version.alarm),
    };
  };
}

function rank({ version, arm }: VersionReport, champion: string): number {
  return (version === champion ? 0 : 1) + (arm === 'champion' ? 0 : 2);
}

function versionReport(
  record: VersionRecord,
  { version, arm, series }: VersionTotals,
): VersionReport {
  const { profile, spec } = record;
  const { features, alarm } = judge(
    profile.series.flatMap(({ definition, counts }) =>
      isComparable(definition)
        ? measure(definition, counts, series.get(definition.name) ?? [])
        : [],
    ),
  );
  const catalogue = catalogueOf(spec, definitionsOf(profile));
  const summary = summarise(catalogue, series, (name) => referenceCounts(profile, name), features);
  return { version, arm, ...summary, features, alarm };
}
