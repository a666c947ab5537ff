/**
 * The local circuit breaker: a version that failed on this device is not tried here again until a
 * new manifest sequence, whatever any server knows.
 */
import type { Database } from '../database.ts';

const FACT = 'dropped';
type Dropped = Record<string, { version: string; sequence: number }>;

export class Breaker {
  readonly #database: Database;
  #dropped: Dropped = {};

  private constructor(database: Database) {
    this.#database = database;
  }

  static async open(database: Database): Promise<Breaker> {
    const breaker = new Breaker(database);
    const stored = await database.get('facts', FACT).catch(() => undefined);
    if (stored !== undefined) breaker.#dropped = stored as Dropped;
    return breaker;
  }

  isOpen(model: string, version: string, sequence: number): boolean {
    const dropped = this.#dropped[model];
    return dropped?.version === version && dropped.sequence >= sequence;
  }

  async drop(model: string, version: string, sequence: number): Promise<void> {
    this.#dropped = { ...this.#dropped, [model]: { version, sequence } };
    try {
      // One transaction, so that what another tab dropped meanwhile stays dropped.
      const transaction = this.#database.transaction('facts', 'readwrite');
      const stored = ((await transaction.store.get(FACT)) ?? {}) as Dropped;
      await transaction.store.put({ ...stored, [model]: { version, sequence } }, FACT);
      await transaction.done;
    } catch {
      // Without storage it is tried again at the next visit, and dropped again.
    }
  }
}
