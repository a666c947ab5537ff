/** Reports over HTTP: for pipelines under `/v1/admin`, for people at `/`. */
import { SiskinError } from '@siskin/protocol';
import { type Context, Hono } from 'hono';
import type { ControlReader } from '../store.ts';
import { LIVE_SCRIPT } from './html/liveScript.ts';
import { livePage, PAGE_POLICY, reportDocument } from './html/page.ts';
import type { Report } from './report.ts';
import { parseSince } from './since.ts';
import { textReport } from './text.ts';

type MakeReport = (app: string, model: string, sinceMs: number) => Promise<Report>;

const PAGE_HEADERS = {
  'Content-Security-Policy': PAGE_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

export function page(c: Context, content: string, status: 200 | 401 = 200): Response {
  return c.html(content, status, PAGE_HEADERS);
}

export function reportRoutes(makeReport: MakeReport, now: () => number): Hono {
  return new Hono().get('/apps/:app/models/:model/report', async (c) => {
    const { app, model } = c.req.param();
    const report = await makeReport(app, model, parseSince(c.req.query('since') ?? '1h', now()));
    const format = c.req.query('format') ?? 'json';
    switch (format) {
      case 'json':
        return c.json(report);
      case 'html':
        return page(c, await reportDocument(report));
      case 'text':
        return c.text(textReport(report));
      default:
        throw new SiskinError('usage', `"${format}" is no format: json, html or text`);
    }
  });
}

/** @param appsOf the apps that whoever asks may see. */
export function liveRoutes(
  makeReport: MakeReport,
  control: Pick<ControlReader, 'live'>,
  appsOf: (c: Context) => string[],
  now: () => number,
): Hono {
  return new Hono()
    .get('/live.js', (c) =>
      c.body(LIVE_SCRIPT, 200, {
        'Content-Type': 'text/javascript; charset=utf-8',
        'X-Content-Type-Options': 'nosniff',
        'Cache-Control': 'no-cache',
      }),
    )
    .get('/', async (c) => {
      const apps = appsOf(c);
      const asked = c.req.query('app');
      const app = asked === undefined ? apps[0] : apps.find((name) => name === asked);
      if (app === undefined) throw new SiskinError('not_found', 'there is no such app here');
      const since = c.req.query('since') ?? '1h';
      const sinceMs = parseSince(since, now());
      const models = (await control.live(app)).map((deployment) => deployment.model);
      const reports = [];
      for (const model of models) reports.push(await makeReport(app, model, sinceMs));
      return page(c, await livePage(app, apps, since, reports));
    });
}
