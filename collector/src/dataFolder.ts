/**
 * The data folder: all that a collector keeps, readable by its owner only.
 *
 * ```
 * siskin.db            counts and control plane (with -wal and -shm beside it)
 * artifacts/ab/ab12…   model files by SHA-256
 * signing-key.pem      the online key: private Ed25519, signs manifests (later ones: online-key-2.pem)
 * artifact-key.pem     the artifact key: signs versions and key lists; may be kept elsewhere
 * keys.json            which keys sign, as it is served: every key list, signed old and new
 * credentials.json     write keys and admin secrets, for commands run on this machine
 * running.json         where the collector that serves this folder listens
 * ```
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type KeyFile, messageOf, SiskinError } from '@siskin/protocol';

export interface AppCredentials {
  writeKey: string;
  adminSecret: string;
}

export interface Credentials {
  /** What pages pin: Ed25519, raw, base64url. */
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

  /** Whether there is a key that signs manifests. */
  hasKeys(): boolean {
    return this.#pems().some((name) => !name.startsWith('artifact'));
  }

  /** Every private key, PEM, `signing-key.pem` first where it is there. @throws SiskinError `data_dir`. */
  privateKeys(): string[] {
    const names = this.#pems();
    if (names.length === 0) {
      throw new SiskinError(
        'data_dir',
        `${this.root} is no siskin data folder: run \`siskin init --data ${this.root} --app NAME\` first`,
      );
    }
    return names.map((name) => readFileSync(this.#path(name), 'utf8'));
  }

  /** @param name `online-key-2.pem` and the like. */
  writeKey(name: string, pem: string): void {
    this.#write(name, pem);
  }

  /** Deletes private keys but those that `keep` says yes to. */
  pruneKeys(keep: (pem: string) => boolean): void {
    for (const name of this.#pems()) {
      if (!keep(readFileSync(this.#path(name), 'utf8'))) rmSync(this.#path(name));
    }
  }

  #pems(): string[] {
    const names =
      existsSync(this.root) && statSync(this.root).isDirectory() ? readdirSync(this.root) : [];
    const first = 'signing-key.pem';
    return names
      .filter((name) => /^(signing|online|artifact)-key(-\d+)?\.pem$/.test(name))
      .sort((a, b) => Number(b === first) - Number(a === first) || (a < b ? -1 : 1));
  }

  /** Signed, and so as good as its signatures; undefined in a folder without key lists. */
  keyFile(): string | undefined {
    const path = this.#path('keys.json');
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }

  writeKeyFile(file: KeyFile): void {
    this.#write('keys.json', JSON.stringify(file));
  }

  credentials(): Credentials {
    return (this.#readJson('credentials.json') as Credentials) ?? { publicKeys: [], apps: {} };
  }

  addCredentials(
    publicKeys: readonly string[],
    credentials: Readonly<Record<string, AppCredentials>> = {},
  ): void {
    const { apps } = this.credentials();
    const next: Credentials = { publicKeys: [...publicKeys], apps: { ...apps, ...credentials } };
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
