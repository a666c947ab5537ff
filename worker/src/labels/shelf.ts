/** Decisions in IndexedDB. Loaded when there is one to keep: a page starts without it. */
import type { Catalogue } from '@siskin/protocol';
import type { Database, StoredDecision } from '../database.ts';

/** So many are kept; beyond that, those that end soonest go. */
export const KEPT = 10_000;

/** A decision with what it is counted by. */
export type Decision = StoredDecision & { catalogue: Catalogue };

/** @returns undefined if there is none, or its days are over. */
export async function read(
  database: Database,
  id: string,
  now: number,
): Promise<Decision | undefined> {
  const decision = await database.get('decisions', id);
  if (decision === undefined || !('label' in decision) || decision.until < now) return undefined;
  const version = await database.get('decisions', nameOf(decision));
  if (version === undefined || !('catalogue' in version)) return undefined;
  return { ...decision, catalogue: version.catalogue };
}

/** Writes down what is new; lets go of what has had its days, and of what is too much. */
export async function write(
  database: Database,
  fresh: ReadonlyMap<string, Decision>,
  now: number,
): Promise<void> {
  const { store, done } = database.transaction('decisions', 'readwrite');
  const versions = new Map<string, Decision>();
  for (const [id, decision] of fresh) {
    const { catalogue: _, ...stored } = decision;
    void store.put(stored, id);
    versions.set(nameOf(decision), decision);
  }
  for (const [name, { catalogue, until }] of versions) {
    // Labels may come when the manifest no longer knows the version.
    const outcomes = [...catalogue].filter(([series]) => /^(outcome|user)\//.test(series));
    void store.put({ catalogue: new Map(outcomes), until }, name);
  }
  let excess = (await store.count()) - KEPT;
  let cursor = await store.index('until').openKeyCursor();
  while (cursor !== null && (excess-- > 0 || cursor.key < now)) {
    void store.delete(cursor.primaryKey);
    cursor = await cursor.continue();
  }
  await done;
}

/** Changes a decision that is kept. @returns what `change` returned, undefined if it is not kept. */
export async function change<T>(
  database: Database,
  id: string,
  change: (decision: StoredDecision) => T,
): Promise<T | undefined> {
  const { store, done } = database.transaction('decisions', 'readwrite');
  const stored = await store.get(id);
  let result: T | undefined;
  if (stored !== undefined && 'label' in stored) {
    result = change(stored);
    void store.put(stored, id);
  }
  await done;
  return result;
}

function nameOf({ assignment }: StoredDecision): string {
  return `${assignment.model}\n${assignment.version}`;
}
