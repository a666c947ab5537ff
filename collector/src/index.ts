/** The collector as a library: what `siskin serve` and `siskin init` do, and its alarm. */

export type { ConceptReport } from './conceptReport.ts';
export { type CreatedApp, createApp } from './createApp.ts';
export { Alarm, type SeriesState, type WindowAssessment } from './drift/alarm.ts';
export { measure } from './drift/measure.ts';
export { policyOf } from './drift/policy.ts';
export type { FeatureReport, Report, Spread, VersionReport } from './reports/report.ts';
export { type Collector, type CollectorOptions, startCollector } from './server.ts';
