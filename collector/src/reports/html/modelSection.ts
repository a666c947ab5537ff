/** A report as a piece of a page. Names are hostile input: every value goes through `html`. */
import { html } from 'hono/html';
import type { ConceptReport } from '../../conceptReport.ts';
import type { FeatureReport, Report, Spread, VersionReport } from '../report.ts';
import { conceptFigures, percent, short, worstFirst } from '../text.ts';
import { chart } from './chart.ts';

const STATES = {
  ok: ['ok', 'ok'],
  watch: ['watch', 'watch: significant, but small'],
  drift: ['drift', 'drift'],
  'not-enough-data': ['few', 'not enough data'],
} as const;

export function modelSection(report: Report) {
  const { model, champion, canary, versions, alarm } = report;
  const state = versions.length === 0 ? 'few' : alarm ? 'drift' : 'ok';
  return html`<section aria-label="${model}">
    <h2>${model} <span class="state ${state}">${
      versions.length === 0 ? 'nothing counted yet' : alarm ? 'alarm' : 'no alarm'
    }</span></h2>
    <p class="soft">champion ${champion}${
      canary === null ? '' : `, canary ${canary.version} on ${percent(canary.share)} of devices`
    } · ${report.since.slice(0, 16).replace('T', ' ')} to ${report.until.slice(11, 16)} UTC</p>
    ${versions.map(versionPart)}
  </section>`;
}

function versionPart(v: VersionReport) {
  const figures: [string, string | undefined][] = [
    ['predictions', String(v.predictions.counted)],
    ['failed', String(v.predictions.failed)],
    ['latency, median / p95', spread(v.latency, (s) => `${short(s.p50)} / ${short(s.p95)} ms`)],
    ['confidence, median', spread(v.confidence, (s) => short(s.p50))],
    ['value, median', spread(v.value, (s) => short(s.p50))],
    [
      'accuracy',
      v.outcomes === null ? undefined : `${percent(v.outcomes.accuracy)} of ${v.outcomes.n}`,
    ],
    ['labels', v.concept === null ? undefined : labels(v.concept)],
    ['inputs missing', v.missing === null ? undefined : percent(v.missing)],
    ['backends', tally(v.backends)],
    ['fallbacks', tally(v.fallbacks)],
    ['errors', tally(v.errors)],
    ['signals', tally(v.signals)],
    ['decisions', tally(v.decisions)],
    ['classes', v.classes?.map((c) => `${c.label} ${percent(c.share)}`).join(', ')],
  ];
  return html`<h3>version ${v.version} · ${v.arm}</h3>
    <dl>${figures.map(([name, value]) => (value === undefined ? '' : html`<div><dt>${name}</dt><dd>${value}</dd></div>`))}</dl>
    ${v.features.length === 0 ? '' : featureTable(v.features)}`;
}

function featureTable(features: readonly FeatureReport[]) {
  return html`<div class="wide" tabindex="0" role="group" aria-label="Drift by series"><table>
    <thead><tr><th scope="col">series</th><th scope="col">state</th><th scope="col"><span class="then-key">▮</span> reference <span class="now-key">▮</span> now</th>
    <th scope="col">n</th><th scope="col">PSI</th><th scope="col">JS</th><th scope="col">KS</th><th scope="col">W₁/IQR</th><th scope="col">χ² p</th><th scope="col">missing</th><th scope="col">out of range</th></tr></thead>
    <tbody>${worstFirst(features).map(featureRow)}</tbody></table></div>`;
}

function featureRow(f: FeatureReport) {
  const [kind, words] = STATES[f.state];
  const outside = (f.rates.below?.share ?? 0) + (f.rates.above?.share ?? 0);
  const cells = [
    String(f.n),
    figure(f.psi),
    figure(f.jensenShannon),
    figure(f.ks),
    figure(f.wasserstein),
    figure(f.chiSquare?.p ?? null),
    percent(f.rates.missing?.share ?? 0),
    f.kind === 'numeric' ? percent(outside) : '–',
  ];
  return html`<tr><td>${f.name}</td><td class="state ${kind}">${words}</td><td>${chart(f.bins)}</td>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`;
}

const labels = (concept: ConceptReport): string =>
  [concept.verdict, ...conceptFigures(concept)].join('; ');

const figure = (value: number | null): string => (value === null ? '–' : short(value));

const spread = (value: Spread | null, text: (s: Spread) => string): string | undefined =>
  value === null ? undefined : text(value);

function tally(counts: Record<string, number>): string | undefined {
  const entries = Object.entries(counts);
  return entries.length === 0 ? undefined : entries.map(([name, n]) => `${name} ${n}`).join(', ');
}
