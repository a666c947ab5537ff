/** The collector as a library: what `siskin serve` and `siskin init` do, its alarm and its judge. */

export type { ConceptReport } from './conceptReport.ts';
export { type CreatedApp, createApp } from './createApp.ts';
export { Alarm, type SeriesState, type WindowAssessment } from './drift/alarm.ts';
export { measure } from './drift/measure.ts';
export { policyOf } from './drift/policy.ts';
export { RATIOS } from './judge/eventSplit.ts';
export { exceedance, frozenEdge } from './judge/exceedance.ts';
export type { Guardrail, JudgeInput } from './judge/policy.ts';
export type { Stratum } from './judge/stratum.ts';
export { judge, type Outcome, type Verdict } from './judge/verdict.ts';
export type { FeatureReport, Report, Spread, VersionReport } from './reports/report.ts';
export { type Collector, type CollectorOptions, startCollector } from './server.ts';
