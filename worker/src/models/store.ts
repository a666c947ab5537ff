/** Model files on this device, by hash, so that a model loads offline. */
import { messageOf, SiskinError } from '@siskin/protocol';
import type { Database } from '../database.ts';
import { sha256 } from './sha256.ts';

/** How exactly the last use is known: to note it, the whole file is written again. */
const USED_PRECISION_MS = 24 * 3600 * 1000;

export class ModelStore {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
  }

  /**
   * The file, if this device has it unharmed. Storage does go bad, and a wrong weight shows in no
   * error: the hash is checked on every read, and what fails is deleted.
   */
  async get(hash: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    // Where storage is forbidden or closed the network has the file.
    const stored = await this.#database.get('artifacts', hash).catch(() => undefined);
    if (stored === undefined) return undefined;
    const bytes = new Uint8Array(stored.bytes);
    if ((await sha256(bytes)) !== hash) {
      await this.#database.delete('artifacts', hash).catch(() => undefined);
      return undefined;
    }
    if (this.#now() - stored.usedAt > USED_PRECISION_MS)
      void this.put(hash, bytes).catch(() => undefined);
    return bytes;
  }

  /** Whether there is such a file, harmed or not; true also where nothing can be kept anyway. */
  async has(hash: string): Promise<boolean> {
    const count = await this.#database.count('artifacts', hash).catch(() => 1);
    return count > 0;
  }

  /** @throws SiskinError `storage_failed`, where the quota is spent or storage is forbidden. */
  async put(hash: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      const usedAt = this.#now();
      await this.#database.put('artifacts', { bytes: bytes.buffer, usedAt }, hash);
    } catch (cause) {
      throw new SiskinError(
        'storage_failed',
        `a model file of ${bytes.length} bytes could not be kept on this device, so it is downloaded at each visit: ${messageOf(cause)}`,
        { cause, retryable: true },
      );
    }
  }

  /** Deletes every file that is not kept. */
  async prune(keep: ReadonlySet<string>): Promise<void> {
    try {
      for (const hash of await this.#database.getAllKeys('artifacts')) {
        if (!keep.has(hash)) await this.#database.delete('artifacts', hash);
      }
    } catch {
      // Room that was not made now is made after the next update.
    }
  }
}
