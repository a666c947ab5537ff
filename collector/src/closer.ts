import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * How to stop a server: takes no new connection, waits for the requests under way, and cuts what has
 * not ended after `graceMs`. Connections that ask for nothing are closed at once; node:http's own
 * `closeIdleConnections` spares those that browsers open ahead of any request.
 * @param server that has no connection yet.
 */
export function closer(server: Server): (graceMs: number) => Promise<void> {
  const sockets = new Set<Socket>();
  const busy = new Set<Socket>();
  let closing = false;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    busy.add(socket);
    response.once('close', () => {
      busy.delete(socket);
      if (closing) socket.end();
    });
  });
  return (graceMs) =>
    new Promise((resolve) => {
      closing = true;
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      server.close(() => {
        clearTimeout(cut);
        resolve();
      });
      for (const socket of sockets) if (!busy.has(socket)) socket.destroy();
    });
}
