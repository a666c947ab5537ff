/** Whole documents: the live page, the sign-in page, and a report in one file. */
import { html, raw } from 'hono/html';
import type { Report } from '../report.ts';
import { modelSection } from './modelSection.ts';
import { STYLE, STYLE_HASH } from './style.ts';

type Markup = ReturnType<typeof html>;

/** For pages that this server shows: its own style and script, and nothing from elsewhere. */
export const PAGE_POLICY = `default-src 'none'; style-src ${STYLE_HASH}; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

function document(title: string, head: Markup | string, body: Markup) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${head}
<style>${raw(STYLE)}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** Opens from disk, prints, and loads nothing. */
export async function reportDocument(report: Report): Promise<string> {
  const policy = html`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${raw(STYLE_HASH)}">`;
  const body = html`<main><h1>Siskin report of ${report.app}</h1>
<p class="soft">written ${report.generated}</p>
${modelSection(report)}</main>`;
  return String(await document(`${report.model}: Siskin report`, policy, body));
}

export async function livePage(
  app: string,
  apps: readonly string[],
  since: string,
  reports: readonly Report[],
): Promise<string> {
  const others = apps.filter((name) => name !== app);
  const spans = [...new Set(['5m', '1h', '24h', '7d', since])];
  const link = (name: string, span: string, text: string, here: boolean) =>
    html`<a href="/?app=${encodeURIComponent(name)}&since=${span}"${here ? raw(' aria-current="page"') : ''}>${text}</a> `;
  const body = html`<h1>Siskin · ${app}</h1>
<nav aria-label="Time">last ${spans.map((span) => link(app, span, span, span === since))}</nav>
${others.length === 0 ? '' : html`<nav aria-label="Apps">other apps: ${others.map((name) => link(name, since, name, false))}</nav>`}
<main>${
    reports.length === 0
      ? html`<p>No model is published yet. In its folder: <code>siskin publish .</code></p>`
      : reports.map(modelSection)
  }</main>
<p class="soft" id="live" role="status">updates every 5 seconds</p>`;
  return String(
    await document(`Siskin · ${app}`, html`<script src="/live.js" defer></script>`, body),
  );
}

export async function signInPage(wrong: boolean): Promise<string> {
  const body = html`<main><h1>Siskin</h1>
<form method="post" action="/sign-in">
<label for="secret">Admin secret, as <code>siskin init</code> printed it</label>
<input id="secret" name="secret" type="password" autocomplete="current-password" required autofocus>
${wrong ? html`<p class="drift" role="alert">That is not the secret of any app here.</p>` : ''}
<button>Sign in</button>
</form></main>`;
  return String(await document('Siskin: sign in', '', body));
}
