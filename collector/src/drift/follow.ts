/**
 * One series, followed window after window: its last windows together, against what they are compared
 * with, and what is known of how alike the predictions of one device are.
 */
import { GROUPS, type SparseCounts } from '@siskin/protocol';
import { sum } from '../distribution.ts';
import { designEffects } from './designEffect.ts';
import { addTallies, type Probes, probesOf, type Tally, tallyOf } from './probes.ts';
import type { GroupCounts, Tested } from './tested.ts';

/** Sums of windows whose design effects are averaged, so that their own noise is small. */
const HISTORY = 24;
/** By simulation: more would take the noise of returning devices for knowledge. */
const MAX_DF = 30;

interface Kept {
  window: number;
  groups: GroupCounts;
}

/** What the last windows say together. */
export interface Look {
  probes: Probes;
  reference: SparseCounts;
  /** Newest last; each with what it says alone. */
  windows: { groups: GroupCounts; tally: Tally }[];
  tally: Tally;
  /** By probe, ≥ 1. */
  deffs: Float64Array;
  /** Degrees of freedom that these were estimated with. */
  df: number;
  /** Telemetry groups as so many of equal size would count, 1 … 16 (Kish's effective number). */
  groups: number;
}

export class Follow {
  readonly tested: Tested;
  readonly #horizon: number;
  readonly #windows: Kept[] = [];
  #reference: SparseCounts | undefined;
  #probes: Probes | undefined;
  #tallies: Tally[] = [];
  #effects: Float64Array[] = [];

  /** @param horizon windows that are looked at together. */
  constructor(tested: Tested, horizon: number) {
    this.tested = tested;
    this.#horizon = horizon;
  }

  /** @returns undefined as long as there is nothing to look at, or nothing to compare it with. */
  next(window: number, groups: GroupCounts): Look | undefined {
    const fresh = groups.some((counts) => counts !== undefined && counts.length > 0);
    const filling = this.#windows.length < this.#horizon;
    if (fresh) {
      this.#windows.push({ window, groups });
      if (!filling) {
        this.#windows.shift();
        this.#tallies.shift();
      }
    }
    if (this.#windows.length === 0) return undefined;
    const probes = this.#compared();
    if (probes === undefined || this.#reference === undefined) return undefined;
    for (const kept of this.#windows.slice(this.#tallies.length)) {
      this.#tallies.push(tallyOf(probes, kept.groups));
    }
    if (fresh) {
      // Sums of fewer windows are less alike: they count only until there is a full one.
      if (filling && this.#windows.length === this.#horizon) this.#effects = [];
      this.#effects.push(designEffects(probes, this.#tallies));
      if (this.#effects.length > HISTORY) this.#effects.shift();
    }
    const tally = addTallies(probes, this.#tallies);
    const blocks = Math.max(1, Math.ceil(this.#effects.length / this.#horizon));
    return {
      probes,
      reference: this.#reference,
      windows: this.#windows.map((kept, i) => ({ groups: kept.groups, tally: this.#tallies[i]! })),
      tally,
      deffs: this.#deffs(probes),
      df: Math.min(MAX_DF, (GROUPS - 1) * blocks),
      groups: sum(tally.all) ** 2 / sum(tally.all.map((n) => n * n)),
    };
  }

  /** Follows a reference that moves. What was learnt of design effects holds for the new one too. */
  #compared(): Probes | undefined {
    const { series, reference } = this.tested;
    const now =
      typeof reference === 'function'
        ? reference(this.#windows.map(({ window }) => window))
        : reference;
    if (now === this.#reference) return this.#probes;
    const before = this.#probes?.list.length;
    this.#reference = now;
    this.#probes = now === undefined ? undefined : probesOf(series, now);
    this.#tallies = [];
    if (this.#probes?.list.length !== before) this.#effects = [];
    return this.#probes;
  }

  /**
   * The usual design effect, or that of these very windows where it is larger. The average is precise
   * where all windows are alike. But where a few devices predict most, or few have what is rare, the
   * variance comes with them, and only the windows they are in know it; a statistic over its own
   * windows' variance cannot be large because of one device (Efron 1969). `npm run bench -- alarms`
   * has such devices.
   */
  #deffs(probes: Probes): Float64Array {
    const deffs = new Float64Array(probes.list.length).fill(1);
    const now = this.#effects.at(-1);
    if (now === undefined) return deffs;
    for (let probe = 0; probe < deffs.length; probe++) {
      let total = 0;
      for (const effect of this.#effects) total += effect[probe]!;
      deffs[probe] = Math.max(1, total / this.#effects.length, now[probe]!);
    }
    return deffs;
  }
}
