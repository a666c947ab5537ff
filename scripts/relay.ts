/**
 * Stands between pages and the collector and keeps the ledger of what passes: a browser does not tell
 * of the last request of a page that has closed, the network does.
 */
import { once } from 'node:events';
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Ledger } from './ledger.ts';

export class Relay {
  /** Where the collector is; known only once it has started. */
  target = '';
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  static async open(ledger: Ledger): Promise<Relay> {
    const server = createServer((incoming, outgoing) => {
      const passed =
        incoming.method === 'POST' && incoming.url?.startsWith('/v1/batches/')
          ? passBatch(relay.target, ledger, incoming, outgoing)
          : pass(relay.target, incoming, outgoing);
      // A collector that is down: the device sees its connection break, as it would without us.
      passed.catch(() => outgoing.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const relay = new Relay(server);
    return relay;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    // Event streams would stay open for ever.
    this.#server.closeAllConnections();
    await closed;
  }
}

async function forward(
  target: string,
  { url = '/', method, headers }: IncomingMessage,
  send: (onward: ClientRequest) => void,
): Promise<IncomingMessage> {
  const { host: _, ...rest } = headers;
  const onward = request(new URL(url, target), { method: method!, headers: rest });
  send(onward);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  return answer;
}

/** Anything but a batch, event streams included: as it comes. */
async function pass(target: string, incoming: IncomingMessage, outgoing: ServerResponse) {
  const answer = await forward(target, incoming, (onward) => incoming.pipe(onward));
  outgoing.writeHead(answer.statusCode!, answer.headers);
  outgoing.flushHeaders();
  answer.pipe(outgoing);
  outgoing.on('close', () => answer.destroy());
  await once(answer, 'close');
}

async function passBatch(
  target: string,
  ledger: Ledger,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
) {
  const body = await buffer(incoming);
  const id = ledger.sent(body);
  const answer = await forward(target, incoming, (onward) => onward.end(body));
  const said = await buffer(answer);
  if (answer.statusCode === 202) {
    ledger.answered(id, 202, (JSON.parse(said.toString()) as { duplicate: boolean }).duplicate);
  }
  outgoing.writeHead(answer.statusCode!, answer.headers);
  outgoing.end(said);
}
