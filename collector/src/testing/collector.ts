/** A collector of one's own on an ephemeral port, with an app, for one test. */
import type { Batch } from '@siskin/protocol';
import { onTestFinished } from 'vitest';
import { type CollectorOptions, createApp, startCollector } from '../index.ts';
import { temporaryFolder } from './folder.ts';
import { MODEL, modelBytes, PROFILE, selfTest, sha256, spec } from './model.ts';

export const APP = 'shop';

/** Models are taken as they come, half a second sooner: where publishing is not what is tested. */
export const UNTRIED: Pick<CollectorOptions, 'tryModel'> = {
  tryModel: async () => ({ backend: 'wasm', cases: 0, warnings: [] }),
};

export async function startTestCollector(options: Partial<CollectorOptions> = {}) {
  const data = options.data ?? temporaryFolder();
  const keys = await createApp({ data, app: APP, ...(options.now && { now: options.now }) });
  const start = () => startCollector({ data, port: 0, log: 'silent', ...options });
  let collector = await start();
  onTestFinished(() => collector.close());

  const test = {
    data,
    keys,
    get url() {
      return collector.url;
    },
    async restart() {
      await collector.close();
      collector = await start();
    },
    close: () => collector.close(),
    fetch: (path: string, init?: RequestInit) => fetch(new URL(path, collector.url), init),
    admin(method: string, path: string, body?: unknown) {
      const raw = body instanceof Uint8Array;
      return test.fetch(`v1/admin/${path}`, {
        method,
        headers: { Authorization: `Bearer ${keys.adminSecret}` },
        ...(body !== undefined && { body: raw ? new Uint8Array(body) : JSON.stringify(body) }),
      });
    },
    send: (batch: Batch | string | Uint8Array<ArrayBuffer>, init: RequestInit = {}) =>
      test.fetch(`v1/batches/${keys.writeKey}`, {
        method: 'POST',
        body:
          typeof batch === 'string' || batch instanceof Uint8Array ? batch : JSON.stringify(batch),
        ...init,
      }),
    async publish(version: string, changes: Record<string, unknown> = {}) {
      const files = {
        'model.onnx': modelBytes(version),
        'selftest.json': JSON.stringify(selfTest(version)),
      };
      for (const content of Object.values(files)) {
        await test.admin('PUT', `artifacts/${sha256(content)}`, Buffer.from(content));
      }
      return test.admin('POST', `apps/${APP}/models/${MODEL}/versions`, {
        spec: spec(version),
        profile: PROFILE,
        files: [{ name: 'model.onnx', sha256: sha256(files['model.onnx']) }],
        selfTest: { name: 'selftest.json', sha256: sha256(files['selftest.json']) },
        ...changes,
      });
    },
    rollout: (step: 'start' | 'promote' | 'rollback', body: object = {}) =>
      test.admin('POST', `apps/${APP}/models/${MODEL}/rollout/${step}`, body),
    report: (since = '1h') =>
      test.admin('GET', `apps/${APP}/models/${MODEL}/report?since=${since}`),
  };
  return test;
}

export type TestCollector = Awaited<ReturnType<typeof startTestCollector>>;

/** The stable code of an error answer. */
export async function codeOf(response: Response): Promise<string | undefined> {
  const body = (await response.json()) as { error?: { code?: string } };
  return body.error?.code;
}
