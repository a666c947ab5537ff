/** Artifacts on disk, by hash: written once, checked while they stream in, never changed. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { SiskinError } from '@siskin/protocol';

const SHA256 = /^[0-9a-f]{64}$/;
export const isSha256 = (text: string): boolean => SHA256.test(text);

export class ArtifactStore {
  readonly root: string;
  readonly #maxBytes: number;

  constructor(root: string, maxBytes: number) {
    this.root = root;
    this.#maxBytes = maxBytes;
  }

  /** Path below the root. */
  pathOf(sha256: string): string {
    return join(sha256.slice(0, 2), sha256);
  }

  /** Its size, or undefined if it is not there. */
  async bytes(sha256: string): Promise<number | undefined> {
    if (!isSha256(sha256)) return undefined;
    const found = await stat(this.fileOf(sha256)).catch(() => undefined);
    return found?.size;
  }

  /** Where the file of an artifact is, or would be. */
  fileOf(sha256: string): string {
    return join(this.root, this.pathOf(sha256));
  }

  /**
   * Stores a stream; once this resolves it is on disk under its name. Returns its size.
   * @throws SiskinError `artifact_hash` if the bytes have another hash, `batch_too_large` beyond the
   *   limit; nothing is left behind.
   */
  async put(sha256: string, content: Readable): Promise<number> {
    if (!isSha256(sha256)) {
      throw new SiskinError('artifact_hash', 'an artifact is named by 64 lower-case hex digits');
    }
    const path = this.fileOf(sha256);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const partial = `${path}.${randomBytes(6).toString('hex')}.part`;
    const file = await open(partial, 'wx', 0o600);
    try {
      const hash = createHash('sha256');
      let bytes = 0;
      for await (const chunk of content as AsyncIterable<Uint8Array>) {
        bytes += chunk.length;
        if (bytes > this.#maxBytes) {
          throw new SiskinError(
            'batch_too_large',
            `an artifact has at most ${this.#maxBytes} bytes`,
          );
        }
        hash.update(chunk);
        await file.writeFile(chunk);
      }
      const got = hash.digest('hex');
      if (got !== sha256) {
        throw new SiskinError(
          'artifact_hash',
          `the bytes sent have the hash ${got}, not ${sha256}`,
        );
      }
      await file.sync();
      await file.close();
      await rename(partial, path);
      await syncFolder(dirname(path));
      return bytes;
    } catch (error) {
      await file.close().catch(() => undefined);
      await rm(partial, { force: true });
      throw error;
    }
  }
}

/** A file is only there after a power cut if its folder's entry was written too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  await folder.sync();
  await folder.close();
}
