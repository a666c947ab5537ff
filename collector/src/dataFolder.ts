/**
 * The data folder: all that a collector keeps, readable by its owner only.
 *
 * ```
 * siskin.db            counts and control plane (with -wal and -shm beside it)
 * artifacts/ab/ab12…   model files by SHA-256
 * signing-key.pem      private Ed25519 key that signs manifests
 * credentials.json     write keys and admin secrets, for commands run on this machine
 * running.json         where the collector that serves this folder listens
 * ```
 */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { messageOf, SiskinError } from '@siskin/protocol';

export interface AppCredentials {
  writeKey: string;
  adminSecret: string;
}

export interface Credentials {
  /** Ed25519, raw, base64url. */
  publicKeys: string[];
  apps: Record<string, AppCredentials>;
}

export class DataFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = resolve(root);
  }

  /** Makes it where there is none. @throws SiskinError `data_dir` if it cannot be written to. */
  make(): void {
    try {
      makeFolder(this.root);
    } catch (cause) {
      throw new SiskinError(
        'data_dir',
        `the data folder ${this.root} cannot be made (${messageOf(cause)}): choose another with --data`,
        { cause },
      );
    }
    this.checkWritable();
  }

  /** @throws SiskinError `data_dir` if it is not there or cannot be written to. */
  checkWritable(): void {
    this.#attempt(() => {
      const probe = this.#path(`.probe-${process.pid}`);
      writeFileSync(probe, '');
      rmSync(probe);
    });
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (cause) {
      const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
      throw new SiskinError(
        'data_dir',
        missing
          ? `there is no data folder ${this.root}: run \`siskin init --data ${this.root} --app NAME\` first`
          : `the data folder ${this.root} cannot be written to (${messageOf(cause)}): choose another with --data, or change its owner`,
        { cause },
      );
    }
  }

  #path(name: string): string {
    return join(this.root, name);
  }

  get database(): string {
    return this.#path('siskin.db');
  }

  get artifacts(): string {
    return this.#path('artifacts');
  }

  /** The private signing key, PEM; made by `create` the first time. */
  signingKey(create?: () => string): string {
    const path = this.#path('signing-key.pem');
    if (!existsSync(path) && create !== undefined) this.#write('signing-key.pem', create());
    try {
      return readFileSync(path, 'utf8');
    } catch (cause) {
      throw new SiskinError(
        'data_dir',
        `${this.root} is no siskin data folder: run \`siskin init --data ${this.root} --app NAME\` first`,
        { cause },
      );
    }
  }

  credentials(): Credentials {
    return (this.#readJson('credentials.json') as Credentials) ?? { publicKeys: [], apps: {} };
  }

  addCredentials(app: string, publicKey: string, credentials: AppCredentials): void {
    const known = this.credentials();
    const next: Credentials = {
      publicKeys: [publicKey],
      apps: { ...known.apps, [app]: credentials },
    };
    this.#write('credentials.json', `${JSON.stringify(next, null, 2)}\n`);
  }

  /** Where the collector that serves this folder listens, if one does. */
  running(): { url: string; pid: number } | undefined {
    return this.#readJson('running.json') as { url: string; pid: number } | undefined;
  }

  setRunning(url: string): void {
    this.#write('running.json', JSON.stringify({ url, pid: process.pid }));
  }

  clearRunning(): void {
    if (this.running()?.pid === process.pid) rmSync(this.#path('running.json'), { force: true });
  }

  #readJson(name: string): unknown {
    try {
      return JSON.parse(readFileSync(this.#path(name), 'utf8'));
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new SiskinError('data_dir', `${this.#path(name)} cannot be read: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  /** Whole or not at all, and never readable by others. */
  #write(name: string, content: string): void {
    const partial = this.#path(`${name}.${process.pid}.part`);
    writeFileSync(partial, content, { mode: 0o600, flush: true });
    renameSync(partial, this.#path(name));
  }
}

/**
 * With its parents. Not `mkdir`'s own `recursive`: where the system answers "no such directory"
 * below a directory that is there, as in /proc, Node asks again for ever.
 */
function makeFolder(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) return;
  const parent = dirname(path);
  if (!existsSync(parent)) makeFolder(parent);
  mkdirSync(path, { mode: 0o700 });
}
