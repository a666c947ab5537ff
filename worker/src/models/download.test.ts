import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { SiskinError } from '@siskin/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ArtifactServer, artifactOf, startArtifactServer } from './artifact-server.fixture.ts';
import { type DownloadOptions, download } from './download.ts';
import { sha256 } from './sha256.ts';

const BYTES = new Uint8Array(randomBytes(300_000));
const NAME = 'model.onnx';

let server: ArtifactServer;
beforeEach(async () => {
  server = await startArtifactServer();
});
afterEach(() => server.close());

const fetching = (more: Partial<DownloadOptions> = {}): DownloadOptions => ({
  fetch,
  baseUrl: server.url,
  ...more,
});

async function errorOf(promise: Promise<unknown>): Promise<SiskinError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SiskinError);
  return error as SiskinError;
}

describe('sha256', () => {
  it('gives the vector of FIPS 180-4 for "abc"', async () => {
    expect(await sha256(new TextEncoder().encode('abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});

describe('download', () => {
  it('returns the bytes in a buffer of their own and tells how many have come', async () => {
    const artifact = server.add(NAME, BYTES);
    const seen: number[] = [];
    const bytes = await download(artifact, fetching({ onProgress: (n) => seen.push(n) }));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(artifact.sha256);
    expect(bytes.buffer.byteLength).toBe(BYTES.length);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(BYTES.length);
    expect(server.requests).toEqual([artifact.url]);
  });

  it('accepts an absolute URL and an empty file', async () => {
    const artifact = server.add('empty.bin', new Uint8Array(0));
    const absolute = { ...artifact, url: server.url + artifact.url };
    const options = fetching({ baseUrl: 'http://elsewhere.invalid/' });
    expect(await download(absolute, options)).toHaveLength(0);
  });

  it('refuses a corrupt byte, after asking once more past every cache', async () => {
    const artifact = server.add(NAME, BYTES);
    const corrupt = BYTES.slice();
    corrupt[123_456]! ^= 1;
    server.routes.set(artifact.url, corrupt);
    const error = await errorOf(download(artifact, fetching()));
    expect(error.code).toBe('artifact_hash');
    expect(error.retryable).toBe(false);
    expect(error.message).toContain(NAME);
    expect(server.requests).toHaveLength(2);
  });

  it('gets over a wrong copy in a cache', async () => {
    const artifact = server.add(NAME, BYTES);
    server.routes.set(artifact.url, (_request, response) => {
      server.routes.set(artifact.url, BYTES);
      response.end(BYTES.slice().fill(0, 7, 8));
    });
    expect(await download(artifact, fetching())).toEqual(BYTES);
  });

  it('tells a file that is too short', async () => {
    const artifact = server.add(NAME, BYTES);
    server.routes.set(artifact.url, BYTES.subarray(0, 1000));
    const error = await errorOf(download(artifact, fetching()));
    expect(error.code).toBe('artifact_truncated');
    expect(error.retryable).toBe(true);
    expect(error.message).toContain('1000 of 300000');
  });

  it('tells a connection that is cut', async () => {
    const artifact = server.add(NAME, BYTES);
    server.routes.set(artifact.url, (_request, response) => {
      response.writeHead(200, { 'content-length': BYTES.length });
      response.write(BYTES.subarray(0, 1000), () => response.destroy());
    });
    const error = await errorOf(download(artifact, fetching()));
    expect(['download_failed', 'artifact_truncated']).toContain(error.code);
    expect(error.retryable).toBe(true);
  });

  it('refuses endless data at once and hangs up', async () => {
    const artifact = server.add(NAME, BYTES);
    let sent = 0;
    const closed: Promise<unknown>[] = [];
    server.routes.set(artifact.url, (_request, response) => {
      closed.push(once(response, 'close'));
      const chunk = new Uint8Array(64 * 1024);
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      };
      response.on('drain', more);
      more();
    });
    const error = await errorOf(download(artifact, fetching()));
    expect(error.code).toBe('artifact_hash');
    expect(error.message).toContain('more than its 300000 bytes');
    await Promise.all(closed);
    // What the sockets and stream buffers of two attempts held, not what a server can send.
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it.each([404, 429, 503])('tells HTTP status %i and can be tried again', async (status) => {
    const artifact = artifactOf(NAME, BYTES);
    server.routes.set(artifact.url, (_request, response) => response.writeHead(status).end());
    const error = await errorOf(download(artifact, fetching()));
    expect(error.code).toBe('download_failed');
    expect(error.retryable).toBe(true);
    expect(error.message).toContain(String(status));
  });

  it('tells a server that is not there', async () => {
    const artifact = server.add(NAME, BYTES);
    await server.close();
    const error = await errorOf(download(artifact, fetching()));
    expect([error.code, error.retryable]).toEqual(['download_failed', true]);
  });

  it('gives up a connection on which nothing comes any more', async () => {
    const artifact = server.add(NAME, BYTES);
    server.routes.set(artifact.url, (_request, response) => {
      response.writeHead(200, { 'content-length': BYTES.length });
      response.write(BYTES.subarray(0, 1000));
    });
    const error = await errorOf(download(artifact, fetching({ stallMs: 100 })));
    expect([error.code, error.retryable]).toEqual(['download_failed', true]);
    expect(error.message).toContain('nothing came for 100 ms');
  });

  it('stops when it is aborted half-way, and the server sees it', async () => {
    const artifact = server.add(NAME, BYTES);
    const controller = new AbortController();
    const asked = new Promise<ServerResponse>((resolve) => {
      server.routes.set(artifact.url, (_request, response) => {
        response.writeHead(200, { 'content-length': BYTES.length });
        response.write(BYTES.subarray(0, 1000));
        resolve(response);
      });
    });
    const onProgress = () => controller.abort();
    const failing = errorOf(
      download(artifact, fetching({ signal: controller.signal, onProgress })),
    );
    const response = await asked;
    await once(response, 'close');
    expect((await failing).code).toBe('aborted');
  });

  it('does not ask the network for one that is aborted already', async () => {
    const artifact = server.add(NAME, BYTES);
    const reason = new SiskinError('deadline_exceeded', 'too late');
    const error = await errorOf(
      download(artifact, fetching({ signal: AbortSignal.abort(reason) })),
    );
    expect(error).toBe(reason);
    expect(server.requests).toEqual([]);
  });
});
