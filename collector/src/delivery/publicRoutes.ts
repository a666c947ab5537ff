/** What devices fetch: the manifest, the key lists, and a stream that says when there is news. */
import { createHash } from 'node:crypto';
import { SiskinError } from '@siskin/protocol';
import { type Context, Hono } from 'hono';
import type { ControlReader, IssuedManifest } from '../store.ts';
import type { EventHub } from './events.ts';

/** Proxies close streams that are silent for a minute. */
const HEARTBEAT_MS = 20_000;
/** Frames that wait for a client that does not read before it is given up. */
const MAX_UNREAD = 100;

export function publicRoutes(
  control: Pick<ControlReader, 'manifest'>,
  hub: EventHub,
  keyFile: () => string | undefined,
): Hono {
  const manifestOf = async (app: string): Promise<IssuedManifest> => {
    const manifest = await control.manifest(app);
    if (manifest === undefined) throw new SiskinError('not_found', `there is no app "${app}"`);
    return manifest;
  };
  return new Hono()
    .get('/:app/manifest', async (c) => {
      const { envelope } = await manifestOf(c.req.param('app'));
      return document(c, envelope);
    })
    .get('/:app/keys', async (c) => {
      const app = c.req.param('app');
      await manifestOf(app);
      const text = keyFile();
      if (text === undefined) {
        throw new SiskinError('not_found', 'there are no key lists: one key signs manifests');
      }
      return document(c, text);
    })
    .get('/:app/events', async (c) => {
      const app = c.req.param('app');
      const { sequence } = await manifestOf(app);
      const headers = {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no',
      };
      if (c.req.method === 'HEAD') return c.body(null, 200, headers);
      return c.body(eventStream(app, sequence, hub, c.req.raw.signal), 200, headers);
    });
}

/** A document that changes: sent whole only to whom it is news. */
function document(c: Context, text: string): Response {
  const etag = `"${createHash('sha256').update(text).digest('base64url')}"`;
  const headers = { ETag: etag, 'Cache-Control': 'no-cache' };
  const known =
    c.req
      .header('if-none-match')
      ?.split(',')
      .map((tag) => tag.trim()) ?? [];
  // Weak comparison, as RFC 9110 §13.1.2 asks: proxies that compress weaken tags.
  if (known.some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag)) {
    return c.body(null, 304, headers);
  }
  return c.body(text, 200, { ...headers, 'Content-Type': 'application/json' });
}

/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
function eventStream(
  app: string,
  first: number,
  hub: EventHub,
  gone: AbortSignal,
): ReadableStream<Uint8Array> {
  const text = new TextEncoder();
  let leave = (): void => {};
  return new ReadableStream({
    start(controller) {
      const close = (): void => {
        leave();
        controller.close();
      };
      const write = (frame: string): void => {
        if (controller.desiredSize! < -MAX_UNREAD) close();
        else controller.enqueue(text.encode(frame));
      };
      const sequence = (n: number): void =>
        write(`event: manifest\ndata: ${JSON.stringify({ sequence: n })}\n\n`);
      const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MS);
      const part = hub.join(app, { sequence, close });
      leave = () => {
        clearInterval(heartbeat);
        part();
      };
      gone.addEventListener('abort', () => leave());
      sequence(first);
    },
    cancel: () => leave(),
  });
}
