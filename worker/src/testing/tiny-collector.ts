/**
 * A collector as small as it can be, on a real socket: serves a manifest and artifacts, takes
 * batches, and does to a device what a test asks for.
 */
import { createHash } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { type Artifact, type Batch, type Manifest, parseBatch } from '@siskin/protocol';
import { createSigner, type TestSigner } from './sign.ts';

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** Resolves when the answer may be given. */
  after?: Promise<unknown>;
  /** The connection is cut instead: the request was taken in, but its answer is lost. */
  cut?: boolean;
}

export interface Received {
  batch: Batch;
  /** The key in the URL. */
  key: string;
  headers: Record<string, string | string[] | undefined>;
  /** As it crossed the wire. */
  body: Buffer;
  socket: Socket;
}

const ACCEPTED: Answer = { status: 202, body: { accepted: true } };

export class TinyCollector {
  readonly signer: TestSigner;
  /** Paths in the order they were asked for, batches aside. */
  readonly requests: string[] = [];
  readonly received: Received[] = [];
  /** The signed manifest, as text; undefined: 404. */
  manifest: string | undefined;
  /** What becomes of a batch; accepted if not set. */
  answer: (received: Received) => Answer = () => ACCEPTED;
  /** Before anything but a batch is answered. */
  hold: Promise<unknown> | undefined;
  sequence = 0;
  readonly #artifacts = new Map<string, Uint8Array>();
  readonly #server: Server;
  #port = 0;
  #arrived: (() => void)[] = [];

  private constructor(signer: TestSigner) {
    this.signer = signer;
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const path = request.url!;
      if (request.method === 'POST') {
        const body = Buffer.concat(chunks);
        const plain = body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body;
        const received: Received = {
          batch: parseBatch(JSON.parse(plain.toString())),
          key: decodeURIComponent(path.split('/').at(-1)!),
          headers: request.headers,
          body,
          socket: request.socket,
        };
        this.received.push(received);
        const answer = this.answer(received);
        for (const arrived of this.#arrived.splice(0)) arrived();
        await this.#give(response, answer);
      } else {
        this.requests.push(path);
        await this.hold;
        this.#serve(path, response);
      }
    });
  }

  static async start(): Promise<TinyCollector> {
    const collector = new TinyCollector(await createSigner());
    await collector.up();
    return collector;
  }

  /** Ends in "/". */
  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** Ids of the batches, in the order in which they arrived. */
  get ids(): string[] {
    return this.received.map(({ batch }) => batch.id);
  }

  up(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#port = (this.#server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  /** Nothing listens any more; {@link up} comes back on the same port. */
  down(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** Resolves when the next batch has arrived, before it is answered. */
  arrival(): Promise<void> {
    return new Promise((resolve) => this.#arrived.push(resolve));
  }

  add(name: string, bytes: Uint8Array): Artifact {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    this.#artifacts.set(sha256, bytes);
    // Relative to the manifest's own URL, as from a folder of static files.
    return { name, sha256, bytes: bytes.length, url: `../../artifacts/${sha256}` };
  }

  remove(artifact: Artifact): void {
    this.#artifacts.delete(artifact.sha256);
  }

  /** Publishes a manifest with the next sequence. */
  async publish(models: Manifest['models'], about: Partial<Manifest> = {}): Promise<void> {
    this.sequence++;
    const manifest: Manifest = {
      v: 1,
      app: 'shop',
      sequence: this.sequence,
      issued: new Date().toISOString(),
      expires: new Date(Date.now() + 24 * 3600_000).toISOString(),
      models,
      ...about,
    };
    this.manifest = await this.signer.seal(manifest);
  }

  #serve(path: string, response: ServerResponse): void {
    const hash = /\/artifacts\/([0-9a-f]{64})$/.exec(path)?.[1];
    const bytes = hash === undefined ? undefined : this.#artifacts.get(hash);
    if (bytes !== undefined) {
      response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    } else if (path.endsWith('/manifest') && this.manifest !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(this.manifest);
    } else response.writeHead(404).end();
  }

  async #give(response: ServerResponse, answer: Answer): Promise<void> {
    await answer.after;
    if (answer.cut) response.socket?.destroy();
    else {
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
    }
  }
}
