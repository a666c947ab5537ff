/** `GET /v1/artifacts/:sha256`: immutable, resumable by range, cacheable for ever. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SiskinError } from '@siskin/protocol';
import send from 'send';
import { problemOf } from '../problem.ts';
import { type ArtifactStore, isSha256 } from './artifacts.ts';

export function artifactHandler(
  artifacts: ArtifactStore,
): (request: IncomingMessage, response: ServerResponse, sha256: string) => void {
  return (request, response, sha256) => {
    if (!isSha256(sha256)) return notFound(response);
    response.setHeader('ETag', `"${sha256}"`);
    response.setHeader('Content-Type', 'application/octet-stream');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    send(request, artifacts.pathOf(sha256), {
      root: artifacts.root,
      index: false,
      lastModified: false,
      maxAge: '365d',
      immutable: true,
    })
      .on('error', (error: Error & { status?: number; headers?: Record<string, string> }) => {
        if (error.status !== 416) return notFound(response);
        for (const name of ['ETag', 'Cache-Control']) response.removeHeader(name);
        response.writeHead(416, { ...error.headers, 'Content-Length': 0 }).end();
      })
      .on('directory', () => notFound(response))
      .pipe(response);
  };
}

function notFound(response: ServerResponse): void {
  const { status, body } = problemOf(
    new SiskinError('not_found', 'there is no artifact of this hash'),
  );
  const text = JSON.stringify(body);
  for (const name of ['ETag', 'Cache-Control']) response.removeHeader(name);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  });
  response.end(text);
}
