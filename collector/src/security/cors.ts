/** What pages of other origins may do: fetch manifests, events and artifacts, and send batches. */
import type { IncomingMessage, ServerResponse } from 'node:http';

const PUBLIC = /^\/v1\/(apps|artifacts|batches)\//;

/**
 * Marks answers of public routes as readable everywhere, also by cross-origin isolated pages, and
 * answers preflights. Nothing here depends on cookies, so `*` gives away nothing.
 * @returns true if the request was a preflight and is answered.
 */
export function publicAccess(request: IncomingMessage, response: ServerResponse): boolean {
  if (!PUBLIC.test(request.url ?? '')) return false;
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  response.setHeader(
    'Access-Control-Expose-Headers',
    'ETag, Retry-After, Accept-Ranges, Content-Range, Content-Length',
  );
  if (request.method !== 'OPTIONS') return false;
  response.writeHead(204, {
    'Access-Control-Allow-Methods': 'GET, HEAD, POST, OPTIONS',
    'Access-Control-Allow-Headers':
      'Content-Type, Content-Encoding, If-None-Match, If-Range, Range, Last-Event-ID',
    'Access-Control-Max-Age': '86400',
  });
  response.end();
  return true;
}

/** @param allowed origins, or undefined for all. */
export function originFilter(allowed: readonly string[] | undefined): (origin: string) => boolean {
  return (origin) => allowed === undefined || allowed.includes(origin);
}
