/** Units of the judge: what a device tells of itself once for each step and arm of a rollout. */
import { type Capabilities, matches, type Rollout, SERIES, type UnitEvent } from '@siskin/protocol';
import type { PredictionData } from './api.ts';
import type { Database } from './database.ts';
import { Units } from './rollout/units.ts';
import type { Assignment, Live } from './serving/live.ts';
import type { Telemetry } from './telemetry.ts';

/** The step that a device is a unit of; undefined where it is none. */
export function stepOf(rollout: Rollout | undefined, device: Capabilities): string | undefined {
  if (rollout === undefined || rollout.strategy === 'shadow') return undefined;
  if (rollout.strategy === 'blue-green') return rollout.version;
  const { salt, share, target } = rollout;
  return target === undefined || matches(target, device) ? `${salt}\n${share}` : undefined;
}

/** What is counted, and by what. */
type Counted = Pick<Live, 'assignment' | 'catalogue'>;

/** Beside the events: told with the first prediction, and with the first that has a label. */
const LOAD_TIME = 'load-time';
const FIRST_LABEL = 'first-label';

export class UnitCounts {
  readonly #units: Units;
  readonly #telemetry: Pick<Telemetry, 'consent' | 'counter'>;

  constructor(database: Database, telemetry: Pick<Telemetry, 'consent' | 'counter'>) {
    this.#units = new Units(database);
    this.#telemetry = telemetry;
  }

  answered(live: Live, step: string, data: PredictionData, empty: boolean): void {
    const { label, confidence, decision, timings } = data;
    const events = ['exposed', LOAD_TIME];
    if (empty) events.push('null');
    if (decision === 'defer') events.push('defer');
    if (label !== null) events.push(FIRST_LABEL);
    const values = { latency: timings.total, ...(confidence === null ? {} : { confidence }) };
    void this.#count(live, step, events, { values, load: live.timings.load, label });
  }

  failed(live: Live, step: string): void {
    const events = ['exposed', LOAD_TIME, 'error'];
    void this.#count(live, step, events, { load: live.timings.load });
  }

  /** Before or beside any prediction. */
  happened(counted: Counted, step: string, event: UnitEvent): Promise<void> {
    return this.#count(counted, step, [event]);
  }

  /** What a person did with an answer, if it was given in this step. */
  signalled(counted: Counted, step: string, event: UnitEvent): Promise<void> {
    return this.#count(counted, step, [event], { late: true });
  }

  /** Resolves when all of it is counted. */
  settled(): Promise<void> {
    return this.#units.settled();
  }

  async #count(
    { assignment, catalogue }: Counted,
    step: string,
    events: readonly string[],
    {
      values = {},
      load,
      label,
      late = false,
    }: {
      values?: Record<string, number>;
      load?: number;
      label?: string | null;
      late?: boolean;
    } = {},
  ): Promise<void> {
    // What is not counted is not remembered either: consent may come.
    if (!this.#telemetry.consent) return;
    const unit = unitOf(assignment, step);
    const { sequence } = assignment;
    const news = await this.#units.report({ unit, sequence, events, values, late });
    const { latency, confidence } = news.typical;
    if (news.events.length === 0 && latency === undefined && confidence === undefined) return;
    const counter = this.#telemetry.counter(assignment, catalogue);
    for (const event of news.events) {
      if (event === LOAD_TIME) counter.number(SERIES.unitLoad, load);
      else if (event === FIRST_LABEL) counter.category(SERIES.unitLabel, label);
      else counter.category(SERIES.unit, event);
    }
    if (latency !== undefined) counter.number(SERIES.unitLatency, latency);
    if (confidence !== undefined) counter.number(SERIES.unitConfidence, confidence);
  }
}

function unitOf({ model, arm }: Assignment, step: string): string {
  return `${model}\n${step}\n${arm}`;
}
