/**
 * Builds the packages: `dist/` mirrors `src/`, module by module, every dependency a bare import.
 * Vite writes the JavaScript and tsc the declarations, in the order in which packages import each
 * other, because a package's declarations are checked against those of the ones below it.
 */
import { execFile } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type Plugin } from 'vite';
import { SCHEMAS } from './schemas.ts';

export const PACKAGES = ['protocol', 'worker', 'sdk', 'collector'] as const;

const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Manifest {
  name: string;
  /** A string: a file that is no module. */
  exports: Record<string, { default: string } | string>;
  bin?: Record<string, string>;
  dependencies: Record<string, string>;
}

/** `./dist/engine.js` is built from `src/engine.ts`, and so on. */
function entriesOf({ exports, bin = {} }: Manifest): Record<string, string> {
  const files = [
    ...Object.values(exports).flatMap((to) => (typeof to === 'string' ? [] : [to.default])),
    ...Object.values(bin),
  ];
  const names = files.map((file) => {
    const name = /^(?:\.\/)?dist\/(.+)\.js$/.exec(file)?.[1];
    if (name === undefined) throw new Error(`${file} is not a .js file of dist/`);
    return name;
  });
  return Object.fromEntries(names.map((name) => [name, `src/${name}.ts`]));
}

/** A name that no bundler follows, in place of `import.meta.url`. */
const BASE = '__siskin_module_url__';

/**
 * Leaves `new URL('./worker.js', import.meta.url)` as it is. Vite would put the worker or the .wasm
 * file into this build; it is the bundler of the page that has to find it.
 */
function keepUrls(): Plugin {
  return {
    name: 'keep-urls',
    enforce: 'pre',
    transform(code) {
      if (!code.includes('import.meta.url')) return null;
      return { code: code.replaceAll('import.meta.url', BASE), map: null };
    },
    renderChunk(code) {
      if (!code.includes(BASE)) return null;
      const url = new RegExp(`(new URL\\(\\s*['"\`]\\./[^'"\`]+)\\.ts(['"\`],\\s*)${BASE}`, 'g');
      return {
        code: code.replace(url, `$1.js$2${BASE}`).replaceAll(BASE, 'import.meta.url'),
        map: null,
      };
    },
  };
}

const isOf = (id: string, library: string) => id === library || id.startsWith(`${library}/`);

async function writeJavaScript(folder: string, manifest: Manifest): Promise<void> {
  await build({
    configFile: join(ROOT, 'vite.config.ts'),
    root: folder,
    logLevel: 'warn',
    publicDir: false,
    plugins: [keepUrls()],
    build: {
      outDir: 'dist',
      emptyOutDir: true,
      minify: false,
      target: manifest.bin === undefined ? 'es2022' : 'node22',
      // Vite's own helper would need a document.
      modulePreload: false,
      lib: { entry: entriesOf(manifest), formats: ['es'] },
      rolldownOptions: {
        // What consumers get with the package stays an import; a helper of the compiler does not.
        external: (id) =>
          isBuiltin(id) || Object.keys(manifest.dependencies).some((name) => isOf(id, name)),
        output: {
          preserveModules: true,
          preserveModulesRoot: join(folder, 'src'),
          entryFileNames: '[name].js',
        },
      },
    },
  });
}

async function writeDeclarations(folder: string, manifest: Manifest): Promise<void> {
  // Inside the package, because libraries of types are looked for from there upwards.
  const config = join(folder, 'dist/tsconfig.json');
  await writeFile(
    config,
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        allowJs: false,
        checkJs: false,
        rewriteRelativeImportExtensions: true,
        // What a consumer sees of the packages below: their dist.
        customConditions: [],
        rootDir: join(folder, 'src'),
        outDir: join(folder, 'dist'),
      },
      include: [],
      files: Object.values(entriesOf(manifest)).map((file) => join(folder, file)),
    }),
  );
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  try {
    await promisify(execFile)(process.execPath, [tsc, '-p', config], { cwd: ROOT });
  } catch (error) {
    throw new Error(
      `${manifest.name}: its declarations have faults\n${(error as { stdout: string }).stdout}`,
    );
  } finally {
    await rm(config);
  }
}

/** tsc leaves `./api.ts` in declarations; not every tool looks for `api.d.ts` there. */
async function renameImports(dist: string): Promise<void> {
  for (const file of await readdir(dist, { recursive: true })) {
    if (!file.endsWith('.d.ts')) continue;
    const path = join(dist, file);
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/((?:from|import\()\s*['"]\.[^'"]*)\.ts(['"])/g, '$1.js$2'));
  }
}

async function writeSchemas(folder: string, { exports }: Manifest): Promise<void> {
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    const to = exports[`./${name}`];
    if (typeof to === 'string') await writeFile(join(folder, to), JSON.stringify(schema, null, 1));
  }
}

export async function buildPackage(name: string): Promise<void> {
  const folder = join(ROOT, name);
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
  await rm(join(folder, 'dist'), { recursive: true, force: true });
  await writeJavaScript(folder, manifest);
  await writeDeclarations(folder, manifest);
  await renameImports(join(folder, 'dist'));
  await writeSchemas(folder, manifest);
  console.log(`${manifest.name} built`);
}

if (import.meta.main) {
  try {
    for (const name of PACKAGES) await buildPackage(name);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
