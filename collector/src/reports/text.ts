/** A report for a terminal. */
import type { ConceptReport, Part } from '../conceptReport.ts';
import type { FeatureReport, Report, Spread, VersionReport } from './report.ts';

const WORST = ['drift', 'watch', 'not-enough-data', 'ok'];

export function textReport(report: Report): string {
  const live =
    report.canary === null
      ? `champion ${report.champion}`
      : `champion ${report.champion}, canary ${report.canary.version} on ${percent(report.canary.share)}`;
  const lines = [
    `${report.model} (app ${report.app}): ${report.alarm ? 'ALARM' : 'no alarm'}; ${live}`,
    `${report.since} … ${report.until}`,
  ];
  if (report.versions.length === 0) lines.push('', 'Nothing was counted in this time.');
  for (const version of report.versions) lines.push('', ...versionLines(version));
  return lines.join('\n');
}

function versionLines(v: VersionReport): string[] {
  const lines = [
    `version ${v.version} (${v.arm}): ${v.predictions.counted} predictions, ${v.predictions.failed} failed`,
  ];
  const spread = (name: string, s: Spread | null, unit: string): void => {
    if (s !== null) {
      lines.push(
        `  ${name.padEnd(12)}p50 ${short(s.p50)}${unit}  p95 ${short(s.p95)}${unit}  p99 ${short(s.p99)}${unit}`,
      );
    }
  };
  spread('latency', v.latency, ' ms');
  spread('confidence', v.confidence, '');
  spread('value', v.value, '');
  const tally = (name: string, counts: Record<string, number>): void => {
    const entries = Object.entries(counts);
    if (entries.length > 0) {
      lines.push(`  ${name.padEnd(12)}${entries.map(([key, n]) => `${key} ${n}`).join('  ')}`);
    }
  };
  tally('backends', v.backends);
  tally('errors', v.errors);
  tally('signals', v.signals);
  if (v.outcomes !== null) {
    lines.push(
      `  ${'accuracy'.padEnd(12)}${percent(v.outcomes.accuracy)} of ${v.outcomes.n} with a known truth`,
    );
  }
  if (v.concept !== null) lines.push(...conceptLines(v.concept));
  const width = Math.max(...v.features.map((f) => f.name.length), 7);
  if (v.features.length > 0) {
    lines.push(
      `  ${'series'.padEnd(width)}  ${['state', 'n', 'PSI', 'JS', 'KS', 'W1/IQR', 'χ² p'].map((h) => h.padStart(9)).join('')}`,
    );
  }
  for (const feature of worstFirst(v.features)) lines.push(featureLine(feature, width));
  return lines;
}

function conceptLines(c: ConceptReport): string[] {
  const lines = [`  ${'labels'.padEnd(12)}${c.verdict}${c.labels > 0 ? ` (${c.labels})` : ''}`];
  const line = (text: string) => lines.push(`  ${''.padEnd(12)}${text}`);
  for (const text of conceptFigures(c)) line(text);
  return lines;
}

/** What a person wants to know of the labels, a line each. */
export function conceptFigures(c: ConceptReport): string[] {
  const as = c.measure === 'accuracy' ? percent : short;
  const name = c.measure === 'accuracy' ? 'accuracy' : 'mean size of the residual';
  const lines: string[] = [];
  const part = ({ value, standardError }: Part) =>
    `${value < 0 ? '−' : '+'}${as(Math.abs(value))} ± ${as(standardError)}`;
  if (c.realised !== null && c.reference !== null) {
    lines.push(`${name} ${as(c.realised)}, reference ${as(c.reference)}`);
  }
  if (c.inputShift !== null && c.conceptShift !== null) {
    lines.push(`inputs ${part(c.inputShift)}, concept ${part(c.conceptShift)} (standard error)`);
  }
  const { all } = c.estimated;
  if (all !== null) lines.push(`estimated without labels ${as(all.value)} of ${all.n}`);
  if (c.residuals !== null) {
    const { bias, referenceSigma } = c.residuals;
    const sigma = bias.conceptShift.value / referenceSigma;
    lines.push(`mean residual moved by ${short(sigma)} σ`);
  }
  if (c.balance?.moved === true) {
    const moved = c.balance.classes?.filter((one) => one.moved) ?? [];
    const words = moved.map(
      (one) => `${one.label} ${percent(one.reference)} → ${percent(one.share)}`,
    );
    lines.push(`labels out of balance: ${words.join(', ')}`);
  }
  if (c.consistency !== null) {
    const { checked, disagreement } = c.consistency;
    lines.push(`${percent(disagreement)} of ${checked} labels told twice disagree`);
  }
  return lines;
}

function featureLine(f: FeatureReport, width: number): string {
  const state = f.state === 'not-enough-data' ? 'too few' : f.state;
  const figures = [f.psi, f.jensenShannon, f.ks, f.wasserstein, f.chiSquare?.p ?? null];
  const cells = [state, String(f.n), ...figures.map((x) => (x === null ? '–' : short(x)))];
  return `  ${f.name.padEnd(width)}  ${cells.map((cell) => cell.padStart(9)).join('')}`;
}

export function worstFirst(features: readonly FeatureReport[]): FeatureReport[] {
  const size = (f: FeatureReport): number => f.psiCorrected ?? 0;
  return features.toSorted(
    (a, b) => WORST.indexOf(a.state) - WORST.indexOf(b.state) || size(b) - size(a),
  );
}

/** Three significant digits. */
export function short(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e7) return value.toExponential(1);
  return size >= 1000 ? value.toFixed(0) : String(+value.toPrecision(3));
}

export const percent = (share: number): string => `${+(share * 100).toPrecision(3)} %`;
