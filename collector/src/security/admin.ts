/** Who may administer: the holder of an app's admin secret, by `Authorization: Bearer`. */
import { SiskinError } from '@siskin/protocol';
import type { MiddlewareHandler } from 'hono';
import type { ControlReader } from '../store.ts';
import { secretMatches } from './secrets.ts';

/**
 * Guards routes with an `:app` parameter by that app's secret, others by any app's. An unknown app
 * and a wrong secret look alike.
 */
export function requireAdmin(control: Pick<ControlReader, 'apps'>): MiddlewareHandler {
  return async (c, next) => {
    const secret = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    if (secret === undefined || !(await holds(control, secret, c.req.param('app')))) {
      c.header('WWW-Authenticate', 'Bearer');
      throw new SiskinError(
        'unauthorized',
        'the admin secret is missing or wrong: send what `siskin init` printed as "Authorization: Bearer …"',
      );
    }
    await next();
  };
}

/** Whether the secret is that of `app`, or of any app where none is named. */
export async function holds(
  control: Pick<ControlReader, 'apps'>,
  secret: string,
  app?: string,
): Promise<boolean> {
  const apps = await control.apps();
  return apps
    .filter((record) => secretMatches(secret, record.secretHash))
    .some((record) => app === undefined || record.name === app);
}
