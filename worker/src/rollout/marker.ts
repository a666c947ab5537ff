/**
 * Finds out a version that takes the page down with it, which nobody is left to tell: a mark is set
 * before it is first used and wiped off after. A page that opens and finds the marks of visits that
 * have ended knows how often that went wrong.
 */
import type { Database } from '../database.ts';

const FACT = 'first-use';

interface Mark {
  version: string;
  sequence: number;
  /** Those that began and did not come to the end of it. */
  visits: string[];
}

export class Marker {
  readonly #database: Database;
  readonly #locks: LockManager | undefined;
  readonly #visit = `siskin-use-${crypto.randomUUID()}`;
  #release: (() => void) | undefined;

  /** @param locks `navigator.locks`: who holds the lock of their visit is alive. */
  constructor(database: Database, locks: LockManager | undefined) {
    this.#database = database;
    this.#locks = locks;
  }

  /** Resolves when the mark is on disk, or cannot be. */
  async set(model: string, version: string, sequence: number): Promise<void> {
    await this.#hold();
    await this.#change((marks) => {
      const mark = marks[model];
      const visits = mark?.version === version && mark.sequence === sequence ? mark.visits : [];
      marks[model] = { version, sequence, visits: [...new Set([...visits, this.#visit])] };
    });
  }

  /** It went well. */
  async wipe(model: string): Promise<void> {
    await this.#change((marks) => delete marks[model]);
    this.#release?.();
    this.#release = undefined;
  }

  /** Visits that ended between {@link set} and {@link wipe}. */
  async crashes(model: string, version: string, sequence: number): Promise<number> {
    const marks = (await this.#database.get('facts', FACT).catch(() => undefined)) ?? {};
    const mark = (marks as Record<string, Mark>)[model];
    if (mark?.version !== version || mark.sequence !== sequence) return 0;
    const { held = [] } = (await this.#locks?.query().catch(() => undefined)) ?? {};
    const alive = new Set([this.#visit, ...held.map(({ name }) => name)]);
    return mark.visits.filter((visit) => !alive.has(visit)).length;
  }

  /** Lets other tabs know that this one is alive. */
  #hold(): Promise<void> {
    if (this.#release !== undefined || this.#locks === undefined) return Promise.resolve();
    const locks = this.#locks;
    return new Promise((held) => {
      locks
        .request(this.#visit, () => {
          held();
          return new Promise<void>((release) => {
            this.#release = release;
          });
        })
        .catch(() => held());
    });
  }

  async #change(change: (marks: Record<string, Mark>) => void): Promise<void> {
    try {
      const { store, done } = this.#database.transaction('facts', 'readwrite');
      const marks = ((await store.get(FACT)) ?? {}) as Record<string, Mark>;
      change(marks);
      void store.put(marks, FACT);
      await done;
    } catch {
      // Where nothing can be stored, crashes cannot be counted.
    }
  }
}
