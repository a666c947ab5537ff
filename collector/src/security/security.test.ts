import { describe, expect, it } from 'vitest';
import { createApp } from '../index.ts';
import { codeOf, startTestCollector } from '../testing/collector.ts';
import { MODEL, sha256 } from '../testing/model.ts';
import { hashSecret, newAdminSecret, newWriteKey, secretMatches } from './secrets.ts';

describe('secrets', () => {
  it('are long, random, and known by their hash only', () => {
    const secrets = Array.from({ length: 100 }, newAdminSecret);
    expect(new Set(secrets).size).toBe(100);
    expect(secrets[0]).toMatch(/^sk_[A-Za-z0-9_-]{43}$/);
    expect(newWriteKey()).toMatch(/^pk_[A-Za-z0-9_-]{22}$/);
    // FIPS 180-2, appendix B.1: SHA-256 of "abc".
    expect(hashSecret('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(secretMatches(secrets[0]!, hashSecret(secrets[0]!))).toBe(true);
    expect(secretMatches(secrets[1]!, hashSecret(secrets[0]!))).toBe(false);
    expect(secretMatches('', hashSecret(secrets[0]!))).toBe(false);
  });
});

const ADMIN = [
  ['PUT', `artifacts/${sha256('x')}`],
  ['POST', `apps/shop/models/${MODEL}/versions`],
  ['GET', 'apps/shop/models'],
  ['GET', `apps/shop/models/${MODEL}/rollout`],
  ['POST', `apps/shop/models/${MODEL}/rollout/start`],
  ['POST', `apps/shop/models/${MODEL}/rollout/promote`],
  ['POST', `apps/shop/models/${MODEL}/rollout/rollback`],
  ['GET', `apps/shop/models/${MODEL}/report`],
  ['GET', 'apps/shop/audit'],
  ['GET', 'no/such/route'],
] as const;

describe('admin routes', () => {
  it('are closed without the secret, with a wrong one, and with another app’s', async () => {
    const collector = await startTestCollector();
    const bank = await createApp({ data: collector.data, app: 'bank' });
    const attempt = (method: string, path: string, authorization?: string) =>
      collector.fetch(`v1/admin/${path}`, {
        method,
        ...(authorization !== undefined && { headers: { Authorization: authorization } }),
        ...(method !== 'GET' && { body: 'x' }),
      });
    for (const [method, path] of ADMIN) {
      const wrong = [
        undefined,
        'Bearer',
        'Bearer wrong',
        `Basic ${collector.keys.adminSecret}`,
        `Bearer ${collector.keys.writeKey}`,
        `Bearer ${hashSecret(collector.keys.adminSecret)}`,
        ...(path.startsWith('apps/') ? [`Bearer ${bank.adminSecret}`] : []),
      ];
      for (const authorization of wrong) {
        const response = await attempt(method, path, authorization);
        expect([path, authorization, response.status]).toEqual([path, authorization, 401]);
        expect(response.headers.get('www-authenticate')).toBe('Bearer');
        expect(await codeOf(response)).toBe('unauthorized');
      }
      const right = await attempt(method, path, `Bearer ${collector.keys.adminSecret}`);
      expect([path, right.status === 401]).toEqual([path, false]);
    }
    // Unknown and known apps look alike to whoever has no business there.
    const unknown = await attempt('GET', 'apps/none/audit', `Bearer ${bank.adminSecret}`);
    expect(unknown.status).toBe(401);
  });

  it('are not for other origins', async () => {
    const collector = await startTestCollector();
    const response = await collector.fetch('v1/admin/apps/shop/audit', {
      method: 'OPTIONS',
      headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'GET' },
    });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('the live page', () => {
  const page = { Accept: 'text/html' };

  it('asks for the admin secret, and shows the apps it is of', async () => {
    const collector = await startTestCollector();
    await createApp({ data: collector.data, app: 'bank' });
    await collector.publish('v1');
    const closed = await collector.fetch('', { headers: page });
    expect(closed.status).toBe(401);
    expect(await closed.text()).toContain('action="/sign-in"');
    const signIn = (secret: string) =>
      collector.fetch('sign-in', {
        method: 'POST',
        body: new URLSearchParams({ secret }),
        redirect: 'manual',
      });
    const wrong = await signIn('sk_wrong');
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get('set-cookie')).toBeNull();

    const entered = await signIn(collector.keys.adminSecret);
    expect([entered.status, entered.headers.get('location')]).toEqual([303, '/']);
    const cookie = entered.headers.get('set-cookie')!;
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    const headers = { Cookie: cookie.split(';')[0]! };
    const open = await collector.fetch('', { headers });
    expect(open.status).toBe(200);
    expect(await open.text()).toContain('Siskin · shop');
    expect((await collector.fetch('?app=bank', { headers })).status).toBe(404);
    // A forged or forgotten session is none.
    const forged = { Cookie: 'siskin_session=x' };
    expect((await collector.fetch('', { headers: forged })).status).toBe(401);
  });

  it('ends a session after twelve hours', async () => {
    let now = Date.now();
    const collector = await startTestCollector({ now: () => now });
    const entered = await collector.fetch('sign-in', {
      method: 'POST',
      body: new URLSearchParams({ secret: collector.keys.adminSecret }),
      redirect: 'manual',
    });
    const headers = { Cookie: entered.headers.get('set-cookie')!.split(';')[0]! };
    now += 12 * 3_600_000 - 1;
    expect((await collector.fetch('', { headers })).status).toBe(200);
    now += 2;
    expect((await collector.fetch('', { headers })).status).toBe(401);
  });

  it('may be left open for a trial, and loads nothing from elsewhere', async () => {
    const collector = await startTestCollector({ dashboard: 'open' });
    const response = await collector.fetch('');
    expect(response.status).toBe(200);
    const policy = response.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await collector.fetch('live.js')).headers.get('content-type')).toContain('javascript');
  });
});

describe('the rest', () => {
  it('is a plain answer: health, readiness, metrics, and nothing there', async () => {
    const collector = await startTestCollector();
    expect(await (await collector.fetch('healthz')).json()).toEqual({ status: 'ok' });
    expect(await (await collector.fetch('readyz')).json()).toEqual({ status: 'ready' });
    const metrics = await (await collector.fetch('metrics')).text();
    expect(metrics).toContain('siskin_manifest_sequence{app="shop"} 1');
    expect(metrics).not.toContain(collector.keys.writeKey);
    const nothing = await collector.fetch('v1/nothing');
    expect([nothing.status, await codeOf(nothing)]).toEqual([404, 'not_found']);
    expect((await collector.fetch(`v1/batches/${collector.keys.writeKey}`)).status).toBe(404);
  });

  it('answers preflights of public routes', async () => {
    const collector = await startTestCollector();
    for (const path of ['v1/apps/shop/manifest', 'v1/apps/shop/events', 'v1/batches/pk_x']) {
      const response = await collector.fetch(path, { method: 'OPTIONS' });
      expect(response.status).toBe(204);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('access-control-allow-headers')).toContain('Content-Type');
    }
  });
});
