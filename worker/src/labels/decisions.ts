/**
 * What late labels are joined to: by prediction, what was answered. It is kept on the device, in
 * memory at once and in IndexedDB with the next checkpoint, and never leaves it; the input is no
 * part of it.
 */
import type { Catalogue } from '@siskin/protocol';
import type { Database, StoredDecision } from '../database.ts';

/** So many can be referred to without storage. */
const REMEMBERED = 10_000;
/** The default of `labels.keepDays`. */
const KEEP_DAYS = 7;
const DAY_MS = 86_400_000;

/** An answer, and what its outcome is counted by. */
export type Decision = Pick<StoredDecision, 'assignment' | 'label' | 'confidence' | 'value'> & {
  catalogue: Catalogue;
};

/** What has been told of a prediction: nothing, its truth, or its truth and one check of it. */
export type Told = Pick<StoredDecision, 'truth' | 'checked'>;

/** Where nothing can be stored, memory has to do. */
const onShelf = <T>(work: (shelf: typeof import('./shelf.ts')) => Promise<T>) =>
  import('./shelf.ts').then(work).catch(() => undefined);

export class Decisions {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #recent = new Map<string, StoredDecision & Decision>();
  #fresh = new Map<string, StoredDecision & Decision>();
  #writing: Promise<unknown> = Promise.resolve();
  #consent: boolean;

  constructor(database: Database, now: () => number, consent: boolean) {
    this.#database = database;
    this.#now = now;
    this.#consent = consent;
  }

  /** Remembers an answer. No prediction waits for storage: {@link write} comes later. */
  add(id: string, answer: Decision, keepDays = KEEP_DAYS): void {
    if (!this.#consent) return;
    const decision = { ...answer, until: this.#now() + keepDays * DAY_MS };
    this.#recent.set(id, decision);
    if (this.#recent.size > REMEMBERED) this.#recent.delete(this.#recent.keys().next().value!);
    if (keepDays > 0) this.#fresh.set(id, decision);
  }

  /** @returns null without consent; undefined if nothing is known of such a prediction. */
  async find(id: string): Promise<Decision | null | undefined> {
    if (!this.#consent) return null;
    return this.#recent.get(id) ?? onShelf(({ read }) => read(this.#database, id, this.#now()));
  }

  /** Keeps a truth, if it is the first. @returns what had been told before, in whichever tab. */
  async tell(id: string, truth: string | number): Promise<Told> {
    await this.write();
    const mark = (decision: StoredDecision): Told => {
      const before = { ...decision };
      if (before.truth === undefined) decision.truth = truth;
      else decision.checked = true;
      return before;
    };
    const stored = await onShelf(({ change }) => change(this.#database, id, mark));
    const recent = this.#recent.get(id);
    const remembered = recent && mark(recent);
    return stored ?? remembered ?? {};
  }

  /** Writes down what is new. What cannot be written is known as long as this engine lives. */
  write(): Promise<unknown> {
    const fresh = this.#fresh;
    if (fresh.size > 0) {
      this.#fresh = new Map();
      this.#writing = onShelf(async ({ write }) => {
        if (this.#consent) await write(this.#database, fresh, this.#now());
      });
    }
    return this.#writing;
  }

  /** Withdrawn consent forgets everything. */
  async setConsent(consent: boolean): Promise<void> {
    this.#consent = consent;
    if (consent) return;
    this.#recent.clear();
    this.#fresh.clear();
    await this.#database.clear('decisions').catch(() => undefined);
  }
}
