/**
 * The walls of the house: which rooms may know each other, read from every import there is, those
 * of types included.
 */
import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'vite';
import { describe, expect, it } from 'vitest';

/** Each room and the rooms it may import: published ones by name, the others by relative path. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  protocol: [],
  worker: ['protocol'],
  sdk: ['protocol', 'worker'],
  collector: ['protocol', 'worker'],
  demo: ['protocol', 'worker', 'sdk'],
  scripts: ['protocol', 'worker', 'sdk', 'collector', 'demo'],
  bench: ['protocol', 'worker', 'sdk', 'collector', 'demo', 'scripts'],
  test: ['protocol', 'worker', 'sdk', 'collector', 'demo', 'scripts'],
};

/** Rooms that are published: the others see what their `exports` name, and nothing else. */
const PACKAGES = ['protocol', 'worker', 'sdk', 'collector'];

/** Folders that are not features of a package, but what joins, exercises or measures for them. */
const COMPOSING = [
  'collector/src/cli',
  'collector/src/distances',
  'collector/src/testing',
  'worker/src/testing',
];

/** Files of a feature that its neighbours may know. */
const SHARED: Record<string, string> = {
  'worker/src/runtimes/runtime.ts': 'the one interface of all runtimes, and nothing but types',
};

const MAX_LINES = { source: 300, test: 600 };

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(`${ROOT}/${path}`, 'utf8');

const files = globSync(`{${Object.keys(MAY_IMPORT).join(',')}}/**/*.{ts,js}`, { cwd: ROOT })
  .map((path) => path.split(sep).join('/'))
  .filter((path) => !/(^|\/)(node_modules|dist|\.[^/]+)\//.test(path) && !path.endsWith('.d.ts'));

interface Import {
  from: string;
  /** As it stands in the source. */
  specifier: string;
  /** The file it names, if it is relative. */
  to: string | undefined;
}

function importsOf(from: string): Import[] {
  const { program, errors } = parseSync(from, read(from));
  if (errors.length > 0) throw new Error(`${from}: ${errors[0]!.message}`);
  const specifiers: string[] = [];
  const add = ({ source }: { source: object | null }) => {
    if (source !== null && 'value' in source) specifiers.push(String(source.value));
  };
  new Visitor({
    ImportDeclaration: add,
    ExportNamedDeclaration: add,
    ExportAllDeclaration: add,
    ImportExpression: add,
    TSImportType: add,
  }).visit(program);
  return specifiers.map((specifier) => ({
    from,
    specifier,
    to: specifier.startsWith('.')
      ? posix.join(posix.dirname(from), specifier.replace(/\?.*$/, ''))
      : undefined,
  }));
}

const roomOf = (path: string) => path.split('/')[0]!;
const siskinOf = (specifier: string) => /^@siskin\/([^/]+)/.exec(specifier)?.[1];
/** The package that a bare specifier belongs to. */
const libraryOf = (specifier: string) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)![0];
/** `worker/src/models`, of a file in a feature's folder. */
const folderOf = (path: string) => /^[^/]+\/src\/[^/]+(?=\/)/.exec(path)?.[0];

const imports = files.flatMap(importsOf);
const tests = new Set([
  ...files.filter((path) => /\.(test|fixture)\.ts$|\/testing\//.test(path)),
  ...imports.filter(({ specifier }) => specifier === 'vitest').map(({ from }) => from),
]);
const inSource = imports.filter(({ from }) => !tests.has(from) && PACKAGES.includes(roomOf(from)));

/** Lines that a person can act on; none, if the wall stands. */
const listed = (wrong: readonly Import[]) =>
  wrong.map(({ from, specifier }) => `${from}: ${specifier}`);

describe('the way imports run', () => {
  it('is read from real files', () => {
    for (const room of Object.keys(MAY_IMPORT)) {
      expect(
        files.some((path) => roomOf(path) === room),
        room,
      ).toBe(true);
    }
    const found = (from: string, specifier: string) =>
      imports.some((one) => one.from === from && one.specifier === specifier);
    expect(found('sdk/src/client.ts', '@siskin/protocol'), 'a value').toBe(true);
    expect(found('protocol/src/tensor.ts', './spec.ts'), 'a type').toBe(true);
    expect(found('worker/src/runtimes/choose.ts', './tfjs.ts'), 'a dynamic one').toBe(true);
    expect(found('protocol/src/index.ts', './bins.ts'), 'a re-export').toBe(true);
  });

  it.each(Object.entries(MAY_IMPORT))('%s knows nothing but %j', (room, allowed) => {
    const wrong = imports.filter(({ from, specifier, to }) => {
      if (roomOf(from) !== room) return false;
      const other = to === undefined ? siskinOf(specifier) : roomOf(to);
      if (other === undefined || other === room) return false;
      // What others computed is for every test to read.
      if (tests.has(from) && to?.startsWith('test/oracle/')) return false;
      return !allowed.includes(other);
    });
    expect(listed(wrong)).toEqual([]);
  });

  it('enters a package by its name only, never by a path into it', () => {
    const wrong = imports.filter(
      ({ from, to }) => to && PACKAGES.includes(roomOf(to)) && roomOf(to) !== roomOf(from),
    );
    expect(listed(wrong)).toEqual([]);
  });

  it('enters a package where its exports say', () => {
    const wrong = imports.filter(({ specifier }) => {
      const name = siskinOf(specifier);
      if (name === undefined) return false;
      const { exports } = JSON.parse(read(`${name}/package.json`));
      return !(specifier.replace(`@siskin/${name}`, '.') in exports);
    });
    expect(listed(wrong)).toEqual([]);
  });

  it('shows the collector nothing of the worker but how references are made', () => {
    const wrong = inSource.filter(
      ({ from, specifier }) =>
        roomOf(from) === 'collector' &&
        siskinOf(specifier) === 'worker' &&
        specifier !== '@siskin/worker/reference',
    );
    expect(listed(wrong)).toEqual([]);
  });

  it('finds in a package only libraries that the package depends on', () => {
    const wrong = inSource.filter(({ from, specifier, to }) => {
      if (to !== undefined || isBuiltin(specifier)) return false;
      const { dependencies } = JSON.parse(read(`${roomOf(from)}/package.json`));
      return !(libraryOf(specifier) in dependencies);
    });
    expect(listed(wrong)).toEqual([]);
  });

  it('does not lead from what is published to what tests it', () => {
    expect(listed(inSource.filter(({ to }) => to !== undefined && tests.has(to)))).toEqual([]);
  });
});

describe('the features of a package', () => {
  const isFeature = (path: string) => {
    const folder = folderOf(path);
    return folder !== undefined && !COMPOSING.includes(folder);
  };
  const fromFeatures = inSource.filter(({ from, to }) => isFeature(from) && to !== undefined);

  it('do not import each other', () => {
    const wrong = fromFeatures.filter(
      ({ from, to }) => isFeature(to!) && folderOf(to!) !== folderOf(from) && !(to! in SHARED),
    );
    expect(listed(wrong)).toEqual([]);
  });

  it('do not import the files that join them', () => {
    const joining = new Set(
      inSource
        .filter(({ from, to }) => !isFeature(from) && to && isFeature(to) && !(to in SHARED))
        .map(({ from }) => from),
    );
    expect(joining.size).toBeGreaterThan(0);
    expect(listed(fromFeatures.filter(({ to }) => joining.has(to!)))).toEqual([]);
  });
});

describe('files', () => {
  it('do not import each other in circles', () => {
    const next = Map.groupBy(
      imports.filter(({ to }) => to !== undefined),
      ({ from }) => from,
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (file: string, path: readonly string[]): void => {
      const at = path.indexOf(file);
      if (at >= 0) circles.push([...path.slice(at), file].join(' → '));
      if (at >= 0 || done.has(file)) return;
      for (const { to } of next.get(file) ?? []) walk(to!, [...path, file]);
      done.add(file);
    };
    for (const file of files) walk(file, []);
    expect(circles).toEqual([]);
  });

  it('are short enough to read', () => {
    const long = files
      .map((path) => ({ path, lines: read(path).split('\n').length - 1 }))
      .filter(({ path, lines }) => lines > MAX_LINES[tests.has(path) ? 'test' : 'source'])
      .map(({ path, lines }) => `${path}: ${lines} lines`);
    expect(long).toEqual([]);
  });
});

describe('the lockfile', () => {
  interface Locked {
    resolved?: string;
    link?: boolean;
    optionalDependencies?: Record<string, string>;
  }
  const packages = JSON.parse(read('package-lock.json')).packages as Record<string, Locked>;

  it('names no registry, so that any mirror will do', () => {
    const named = Object.entries(packages).filter(([, { resolved, link }]) => resolved && !link);
    expect(named.map(([path]) => path)).toEqual([]);
  });

  it('holds the packages of every platform: npm ci refuses it otherwise', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies }]) =>
      Object.keys(optionalDependencies ?? {}).filter(
        (name) =>
          !(`${path}/node_modules/${name}` in packages || `node_modules/${name}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  });
});
