/**
 * What this device has reported of itself in a rollout. A judge counts devices, not predictions, and
 * nobody but the device can tell that it has been counted: so it is remembered here, across visits and
 * tabs, and never told to anyone.
 */
import type { Database } from '../database.ts';

const FACT = 'units';
/** Rollouts are forgotten beyond this many arms and steps, the oldest first. */
const KEPT = 64;
/** What is typical of a device is the median of its first so many. */
export const TYPICAL_OF = 20;

interface Told {
  /** Sequence of the manifest under which it was first heard of. */
  since: number;
  events: string[];
  /** First values of what is not yet known to be typical. */
  seen: Record<string, number[]>;
}

/** What is new, and so to be counted. */
export interface News {
  events: readonly string[];
  /** The median of the first {@link TYPICAL_OF}, by name. */
  typical: Readonly<Record<string, number>>;
}

const NO_NEWS: News = { events: [], typical: {} };

export interface Report {
  /** Model, step of the rollout, and arm. */
  unit: string;
  sequence: number;
  events: readonly string[];
  values?: Readonly<Record<string, number>>;
  /** It is about an earlier answer, and counts only if that was given in this step. */
  late?: boolean;
}

export class Units {
  readonly #database: Database;
  readonly #known = new Map<string, Told>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Never rejects: where storage fails this visit remembers. @returns each thing once. */
  report(report: Report): Promise<News> {
    const known = this.#known.get(report.unit);
    if (known !== undefined && isOld(known, report)) return Promise.resolve(NO_NEWS);
    const turn = this.#tail.then(() => this.#report(report));
    this.#tail = turn;
    return turn;
  }

  /** Resolves when all that was reported until now is known to be new or not. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  async #report(report: Report): Promise<News> {
    let known = this.#known.get(report.unit);
    let news: News | undefined;
    try {
      // One transaction, so that of two tabs one counts.
      const { store, done } = this.#database.transaction('facts', 'readwrite');
      const all = ((await store.get(FACT)) ?? {}) as Record<string, Told>;
      known = merge(known, all[report.unit]);
      news = add(known, report);
      if (known.events.length > 0) {
        all[report.unit] = known;
        const names = Object.keys(all);
        for (const name of names.slice(0, Math.max(0, names.length - KEPT))) delete all[name];
        void store.put(all, FACT);
      }
      await done;
    } catch {
      known ??= merge(known, undefined);
      news ??= add(known, report);
    }
    this.#known.set(report.unit, known);
    return news;
  }
}

function isOld({ events, seen }: Told, report: Report): boolean {
  const names = Object.keys(report.values ?? {});
  return (
    report.events.every((event) => events.includes(event)) &&
    names.every((name) => seen[name]?.length === TYPICAL_OF)
  );
}

function merge(one: Told | undefined, other: Told | undefined): Told {
  const events = new Set([...(one?.events ?? []), ...(other?.events ?? [])]);
  const seen = { ...one?.seen };
  for (const [name, values] of Object.entries(other?.seen ?? {}))
    if (values.length >= (seen[name]?.length ?? 0)) seen[name] = values;
  const since = Math.min(one?.since ?? Infinity, other?.since ?? Infinity);
  return { since, events: [...events], seen };
}

/** Takes note of a report. @returns what was not known. */
function add(told: Told, { events, values = {}, sequence, late = false }: Report): News {
  if (late && sequence < told.since) return NO_NEWS;
  told.since = Math.min(told.since, sequence);
  const fresh = events.filter((event) => !told.events.includes(event));
  told.events.push(...fresh);
  const typical: Record<string, number> = {};
  for (const [name, value] of Object.entries(values)) {
    told.seen[name] ??= [];
    const seen = told.seen[name];
    if (seen.length === TYPICAL_OF) continue;
    seen.push(value);
    if (seen.length === TYPICAL_OF) typical[name] = medianOf(seen);
  }
  return { events: fresh, typical };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle - 0.5)]! + sorted[Math.floor(middle)]!) / 2;
}
