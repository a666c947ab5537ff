/** Between devices and a real collector: passes everything on, and does harm where it is asked to. */
import {
  createServer,
  type IncomingMessage,
  request as requestTo,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { type Batch, parseBatch } from '@siskin/protocol';

export type Fault =
  /** The collector takes the batch, but its answer never reaches the device. */
  | 'lose-answer'
  /** The collector never sees it. */
  | { status: number; headers?: Record<string, string> };

/** As the collector marks what pages may read. */
const CROSS_ORIGIN = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Retry-After',
  'cross-origin-resource-policy': 'cross-origin',
};

export interface Delivered {
  batch: Batch;
  /** What the collector said; undefined if it was not asked. */
  status?: number;
  duplicate?: boolean;
}

export class FaultyProxy {
  /** Batches in the order in which they came. */
  readonly batches: Delivered[] = [];
  /** Paths of everything else. */
  readonly paths: string[] = [];
  fault: (batch: Batch) => Fault | undefined = () => undefined;
  /** Answers event streams in the collector's place. */
  events: ((response: ServerResponse) => void) | undefined;
  readonly #target: string;
  readonly #server: Server;
  #port = 0;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((request, response) => {
      if (request.method === 'POST' && request.url!.startsWith('/v1/batches/')) {
        void this.#batch(request, response);
      } else {
        this.paths.push(request.url!);
        if (this.events !== undefined && request.url!.endsWith('/events')) {
          for (const [name, value] of Object.entries(CROSS_ORIGIN)) response.setHeader(name, value);
          this.events(response);
          return;
        }
        request.pipe(this.#forward(request, (answer) => pass(answer, response)));
        response.on('close', () => request.destroy());
      }
    });
  }

  static async start(target: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    await proxy.up();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** Batches of a device that the collector has committed, each once. */
  committed(group?: number): Batch[] {
    return this.batches
      .filter(({ status, duplicate }) => status === 202 && !duplicate)
      .map(({ batch }) => batch)
      .filter((batch) => group === undefined || batch.group === group);
  }

  up(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#port = (this.#server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  /** As if the network were gone. */
  down(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #forward(request: IncomingMessage, onAnswer: (answer: IncomingMessage) => void) {
    const { method, headers } = request;
    const forwarded = requestTo(
      new URL(request.url!, this.#target),
      { method: method!, headers },
      onAnswer,
    );
    // A device that is gone, or the end of the test.
    forwarded.on('error', () => request.socket.destroy());
    request.on('close', () => request.readableAborted && forwarded.destroy());
    return forwarded;
  }

  async #batch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const batch = parseBatch(JSON.parse((body[0] === 0x1f ? gunzipSync(body) : body).toString()));
    const delivered: Delivered = { batch };
    this.batches.push(delivered);
    const fault = this.fault(batch);
    if (typeof fault === 'object') {
      response.writeHead(fault.status, { ...CROSS_ORIGIN, ...fault.headers });
      response.end('{}');
      return;
    }
    const forwarded = this.#forward(request, async (answer) => {
      const parts: Buffer[] = [];
      for await (const part of answer) parts.push(part);
      const text = Buffer.concat(parts).toString();
      delivered.status = answer.statusCode!;
      delivered.duplicate = (JSON.parse(text) as { duplicate?: boolean }).duplicate ?? false;
      if (fault === 'lose-answer') request.socket.destroy();
      else response.writeHead(answer.statusCode!, answer.headers).end(text);
    });
    forwarded.end(body);
  }
}

function pass(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(answer.statusCode!, answer.headers);
  answer.pipe(response);
}
