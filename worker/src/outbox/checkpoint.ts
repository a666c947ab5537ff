/**
 * The open window, written down once a second while it changes, so that a killed tab loses at most
 * that. Who finds a window whose engine is gone seals it.
 */
import type { Checkpoint, Database, SealedBatch } from '../database.ts';

const INTERVAL_MS = 1000;

export class Checkpoints {
  readonly #database: Database;
  readonly #owner: string;
  readonly #snapshot: () => SealedBatch | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param owner name of a Web Lock that this engine holds as long as it lives. */
  constructor(database: Database, owner: string, snapshot: () => SealedBatch | undefined) {
    this.#database = database;
    this.#owner = owner;
    this.#snapshot = snapshot;
  }

  /** Something was counted. */
  touch(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.write();
    }, INTERVAL_MS);
    (this.#timer as { unref?: () => void }).unref?.();
  }

  async write(): Promise<void> {
    const window = this.#snapshot();
    if (window === undefined) return;
    const checkpoint: Checkpoint = { ...window, owner: this.#owner };
    await this.#database.put('checkpoints', checkpoint, window.batch.id).catch(() => undefined);
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** Moves the windows of engines that are gone to the outbox. @returns how many. */
export async function adoptOrphans(
  database: Database,
  isAlive: (checkpoint: Checkpoint) => boolean | Promise<boolean>,
): Promise<number> {
  let adopted = 0;
  for (const found of await database.getAll('checkpoints')) {
    if (await isAlive(found)) continue;
    const { batch } = found;
    const transaction = database.transaction(['outbox', 'checkpoints'], 'readwrite');
    // Read anew: another tab may have adopted it meanwhile.
    const checkpoint = await transaction.objectStore('checkpoints').get(batch.id);
    if (checkpoint !== undefined) {
      const { owner: _, ...sealed } = checkpoint;
      void transaction.objectStore('outbox').put(sealed, batch.id);
      void transaction.objectStore('checkpoints').delete(batch.id);
      adopted++;
    }
    await transaction.done;
  }
  return adopted;
}
