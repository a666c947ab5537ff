/**
 * What the SDK costs a page to download: minified by esbuild, gzip -9, runtimes left out.
 * `main` is what loads with the page; `worker` is what the worker
 * loads to start; `worker_lazy` is what it loads when it needs it: adapters of runtimes, extractors,
 * rollouts, key lists, the Ed25519 fall-back.
 */
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';

const RUNTIMES = ['onnxruntime-web', 'onnxruntime-web/*', '@tensorflow/*'];

interface Bundle {
  /** Bytes, all chunks. */
  gzip: number;
  minified: number;
  /** Bytes after gzip of what is loaded only when needed. */
  lazy: number;
  metafile: Metafile;
}

async function bundle(entry: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: [new URL(`../${entry}`, import.meta.url).pathname],
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    write: false,
    metafile: true,
    outdir: '/out',
    conditions: ['@siskin/source'],
    external: [...RUNTIMES, '*.wasm', '*?url'],
    legalComments: 'none',
  });
  const eager = new Set<string>();
  const add = (path: string) => {
    if (eager.has(path)) return;
    eager.add(path);
    for (const { path: next, kind } of metafile.outputs[path]!.imports) {
      if (kind === 'import-statement' && next in metafile.outputs) add(next);
    }
  };
  for (const [path, output] of Object.entries(metafile.outputs)) {
    if (output.entryPoint?.endsWith(entry)) add(path);
  }
  const total: Bundle = { gzip: 0, minified: 0, lazy: 0, metafile };
  for (const { path, contents } of outputFiles) {
    const size = gzipSync(contents, { level: 9 }).length;
    total.gzip += size;
    total.minified += contents.length;
    if (![...eager].some((name) => path.endsWith(name.slice(name.lastIndexOf('/')))))
      total.lazy += size;
  }
  return total;
}

export async function run(): Promise<object> {
  const main = await bundle('sdk/src/index.ts');
  const worker = await bundle('worker/src/worker.ts');
  return {
    name: 'size',
    main_gzip: main.gzip,
    main_minified: main.minified,
    worker_gzip: worker.gzip - worker.lazy,
    worker_lazy_gzip: worker.lazy,
    worker_minified: worker.minified,
    limits: { main_gzip: 6 * 1024, worker_gzip: 25 * 1024 },
  };
}
