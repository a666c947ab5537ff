/** `POST /v1/batches/:key`: straight on node:http, for it is most of what a collector does. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorCode, LIMITS, SiskinError } from '@siskin/protocol';
import { problemOf } from '../problem.ts';
import { admit, type FindCatalogue, type IsIssued } from './admit.ts';
import { readBody } from './body.ts';
import type { Committer } from './committer.ts';
import { decode } from './decode.ts';

export interface IngestOptions {
  committer: Pick<Committer, 'submit'>;
  /** The app that a write key belongs to. */
  appOfKey(key: string): Promise<string | undefined>;
  findCatalogue: FindCatalogue;
  isIssued: IsIssued;
  /** Whether pages of this origin may send; requests without one are not from a browser. */
  originAllowed(origin: string): boolean;
  now(): number;
  onResult(result: 'accepted' | 'duplicate' | ErrorCode, bytes: number): void;
  onFault(error: unknown): void;
}

export type IngestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  key: string,
) => Promise<void>;

export function ingestHandler(options: IngestOptions): IngestHandler {
  return async (request, response, key) => {
    let bytes = 0;
    try {
      const { origin } = request.headers;
      if (origin !== undefined && !options.originAllowed(origin)) {
        throw new SiskinError(
          'unauthorized',
          `pages of ${origin} may not send batches here: start the collector with --origin ${origin}`,
        );
      }
      const app = await options.appOfKey(key);
      if (app === undefined) {
        throw new SiskinError(
          'key_unknown',
          'no app has this write key: compare `key` with what `siskin init` printed',
        );
      }
      const body = await readBody(request, LIMITS.wireBytes);
      bytes = body.length;
      const value = decode(body, request.headers['content-encoding']);
      const batch = await admit(app, value, options);
      const isNew = await options.committer.submit({ app, batch, receivedAt: options.now() });
      options.onResult(isNew ? 'accepted' : 'duplicate', bytes);
      answer(response, 202, { accepted: true, duplicate: !isNew });
    } catch (thrown) {
      const { status, headers, body } = problemOf(thrown);
      if (status >= 500) options.onFault(thrown);
      options.onResult(body.error.code, bytes);
      // What may be left of the body is not read: the connection cannot go on.
      if (!request.complete) response.setHeader('Connection', 'close');
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      answer(response, status, body);
      request.resume();
    }
  };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  });
  response.end(text);
}
