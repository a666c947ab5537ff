/** A real HTTP server for artifacts that are served well or badly. */
import { createHash } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Artifact } from '@siskin/protocol';

export interface ArtifactServer {
  /** Ends in "/". */
  url: string;
  /** Paths in the order they were asked for. */
  requests: string[];
  /** Artifacts by path; a function answers by itself. */
  routes: Map<string, Uint8Array | RequestListener>;
  /** Serves the bytes and describes them as a manifest does, by a relative URL. */
  add(name: string, bytes: Uint8Array): Artifact;
  close(): Promise<void>;
}

export function artifactOf(name: string, bytes: Uint8Array): Artifact {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name, sha256, bytes: bytes.length, url: `v1/artifacts/${sha256}` };
}

export async function startArtifactServer(): Promise<ArtifactServer> {
  const requests: string[] = [];
  const routes: ArtifactServer['routes'] = new Map();
  const server = createServer((request, response) => {
    const path = request.url!.slice(1);
    requests.push(path);
    const route = routes.get(path);
    if (typeof route === 'function') route(request, response);
    else if (route === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-length': route.length }).end(route);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    routes,
    add(name, bytes) {
      const artifact = artifactOf(name, bytes);
      routes.set(artifact.url, bytes);
      return artifact;
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
