/** Reference and current shares, bin by bin, as two interleaved rows of bars. */
import { html } from 'hono/html';
import type { FeatureReport } from '../report.ts';

const HEIGHT = 32;
const STEP = 10;

export function chart(bins: FeatureReport['bins']) {
  if (bins.length === 0) return '';
  const top = Math.max(...bins.flatMap((bin) => [bin.reference, bin.current]));
  const bar = (x: number, share: number, kind: 'then' | 'now') => {
    const height = +((share / top) * HEIGHT).toFixed(2);
    return html`<rect class="${kind}" x="${x}" y="${HEIGHT - height}" width="4" height="${height}"/>`;
  };
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  return html`<svg viewBox="0 0 ${bins.length * STEP} ${HEIGHT}" preserveAspectRatio="none" role="img"
    aria-label="Shares by bin, reference and now">${bins.map(
      (bin, i) =>
        html`<g><title>${bin.label}: reference ${percent(bin.reference)}, now ${percent(bin.current)}</title>${bar(i * STEP, bin.reference, 'then')}${bar(i * STEP + 4.5, bin.current, 'now')}</g>`,
    )}</svg>`;
}
