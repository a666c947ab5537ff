/** The collector as a library: what `siskin serve` and `siskin init` do. */
export { type CreatedApp, createApp } from './createApp.ts';
export type { FeatureReport, Report, Spread, VersionReport } from './reports/report.ts';
export { type Collector, type CollectorOptions, startCollector } from './server.ts';
