/** Builds a page with Vite and serves it the way a careful host would: isolated, on loopback. */
import { rm } from 'node:fs/promises';
import { resolve as fromRoot } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin, type PreviewServer, preview } from 'vite';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CONFIG = fromRoot(ROOT, 'vite.config.ts');

export interface Site {
  url: string;
  close(): Promise<void>;
}

/** Files that exist only while the page is served, by path. */
export type Extras = Record<string, () => unknown>;

function serveExtras(extras: Extras): Plugin {
  return {
    name: 'extras',
    configurePreviewServer(server: PreviewServer) {
      server.middlewares.use((request, response, next) => {
        const extra = extras[new URL(request.url ?? '/', 'http://localhost').pathname];
        if (extra === undefined) return next();
        response.setHeader('content-type', 'application/json');
        response.setHeader('cache-control', 'no-store');
        response.end(JSON.stringify(extra()));
      });
    },
  };
}

/**
 * @param root folder of `index.html`, relative to the repository.
 * @param out where the built page goes; two builds at once need two.
 */
export async function buildSite(root: string, out = `${root}/dist`): Promise<void> {
  await build({
    configFile: CONFIG,
    root: resolve(root),
    logLevel: 'error',
    build: { outDir: resolve(out), emptyOutDir: true },
  });
}

export async function serveSite(
  root: string,
  port: number,
  extras: Extras = {},
  out = `${root}/dist`,
): Promise<Site> {
  const [onTerm, onEnd] = [process.listeners('SIGTERM'), process.stdin.listeners('end')];
  const server = await preview({
    configFile: CONFIG,
    root: resolve(root),
    logLevel: 'error',
    build: { outDir: resolve(out) },
    preview: { host: '127.0.0.1', port, strictPort: port !== 0 },
    plugins: [serveExtras(extras)],
  });
  // Vite ends the whole process at SIGTERM, and where standard input ends. That is for whoever
  // serves to decide: there are others to be stopped first.
  for (const listener of process.listeners('SIGTERM')) {
    if (!onTerm.includes(listener)) process.off('SIGTERM', listener);
  }
  for (const listener of process.stdin.listeners('end')) {
    if (!onEnd.includes(listener)) process.stdin.off('end', listener as () => void);
  }
  const address = server.httpServer.address();
  if (address === null || typeof address === 'string')
    throw new Error('the page is not served on a port');
  return { url: `http://127.0.0.1:${address.port}/`, close: () => server.close() };
}

export async function removeSite(root: string): Promise<void> {
  await rm(resolve(`${root}/dist`), { recursive: true, force: true });
}

function resolve(path: string): string {
  return fromRoot(ROOT, path);
}
