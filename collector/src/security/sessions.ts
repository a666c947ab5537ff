/**
 * Who may look at pages: a cookie that holds a random session, handed out for an admin secret and
 * kept in memory only. `open` shows everything to everyone: for a trial on one's own machine.
 */
import { randomBytes } from 'node:crypto';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getCookie, setCookie } from 'hono/cookie';
import type { ControlReader } from '../store.ts';
import { secretMatches } from './secrets.ts';

const COOKIE = 'siskin_session';
const LIFETIME_MS = 12 * 3_600_000;
const MAX_SESSIONS = 1000;
const MAX_FORM = 4096;

export type DashboardAccess = 'open' | 'sign-in';

export interface SessionOptions {
  control: Pick<ControlReader, 'apps'>;
  access: DashboardAccess;
  now(): number;
  signInPage(c: Context, wrong: boolean): Response | Promise<Response>;
}

export interface Sessions {
  /** Lets through who may look, and shows the others the sign-in page. */
  guard: MiddlewareHandler;
  /** The apps that a guarded request may see. */
  appsOf(c: Context): string[];
  routes: Hono;
}

export function sessions({ control, access, now, signInPage }: SessionOptions): Sessions {
  const open = new Map<string, { apps: string[]; until: number }>();
  const visible = new WeakMap<Context, string[]>();

  const guard: MiddlewareHandler = async (c, next) => {
    if (access === 'open') {
      visible.set(
        c,
        (await control.apps()).map((app) => app.name),
      );
      return next();
    }
    const session = open.get(getCookie(c, COOKIE) ?? '');
    if (session === undefined || session.until < now()) return signInPage(c, false);
    visible.set(c, session.apps);
    return next();
  };

  const routes = new Hono().post('/sign-in', bodyLimit({ maxSize: MAX_FORM }), async (c) => {
    const { secret } = await c.req.parseBody();
    const apps = (await control.apps()).filter(
      (app) => typeof secret === 'string' && secretMatches(secret, app.secretHash),
    );
    if (apps.length === 0) return signInPage(c, true);
    for (const [token, { until }] of open) if (until < now()) open.delete(token);
    if (open.size >= MAX_SESSIONS) open.delete(open.keys().next().value!);
    const token = randomBytes(32).toString('base64url');
    open.set(token, { apps: apps.map((app) => app.name), until: now() + LIFETIME_MS });
    setCookie(c, COOKIE, token, {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      secure: c.req.header('x-forwarded-proto') === 'https',
      maxAge: LIFETIME_MS / 1000,
    });
    return c.redirect('/', 303);
  });

  return { guard, appsOf: (c) => visible.get(c) ?? [], routes };
}
