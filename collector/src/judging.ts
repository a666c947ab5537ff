/**
 * Composes a rollout's judgement: counts of devices → one stratum for each step → the judge → what to do.
 *
 * One stratum a step, not one a window: a device goes bad windows after it was exposed, so that a window's
 * bad devices are not among its exposed ones; and within a step the arms' shares are constant, so that a
 * baseline that drifts meets both alike. Steps are judged apart from each other: a device counts anew in
 * each, and one that is bad in every step would count as several in a product over them. So each step has
 * its part of the error budget.
 */
import {
  type Arm,
  binCount,
  FIRST_CATEGORY,
  IDENTITY,
  SERIES,
  UNIT_EVENTS,
  type UnitEvent,
} from '@siskin/protocol';
import { RATIOS } from './judge/eventSplit.ts';
import { exceedance } from './judge/exceedance.ts';
import { brokenRules, type HardFailures } from './judge/hardRules.ts';
import type { Guardrail, JudgeInput } from './judge/policy.ts';
import { judge, type Verdict } from './judge/verdict.ts';
import { inWords } from './judge/words.ts';
import type { Deployment, Guard, RolloutPolicy, RolloutState, WindowRow } from './store.ts';

/** Devices of one arm in one step, each once in each. */
export interface ArmCounts {
  events: Record<UnitEvent, number>;
  /** By bin of what is typical of each. */
  latency: Float64Array;
  load: Float64Array;
}

export interface StepCounts {
  share: number;
  /** First sequence, and time (epoch ms) of it. */
  from: number;
  since: number;
  champion: ArmCounts;
  canary: ArmCounts;
}

export type Action = 'advance' | 'rollback' | 'hold' | 'wait' | 'stay';

export interface Judgement {
  /** What the evaluator does now. */
  action: Action;
  /** Why, in plain words: the first line first. */
  evidence: string[];
  /** Of the current step; null where nothing is compared. */
  verdict: Verdict | null;
  /** Of the rollout so far, the current one last. */
  steps: StepCounts[];
}

/** Redo, override, switch and deferral are things that people do all the time. */
const RARE: readonly string[] = ['error', 'null', 'p95_latency', 'p95_load'];

/**
 * @param history of the model, newest first, a rollout under way. @param rows series whose names begin with
 *   `unit/`, since the rollout's start.
 */
export function judgeRollout(
  history: readonly Deployment[],
  rows: readonly WindowRow[],
  now: number,
): Judgement {
  const current = history[0]!;
  const rollout = current.rollout!;
  const steps = stepsOf(history, rows);
  const { policy } = rollout;
  if (policy === undefined) return judgeHard(current, steps);

  const verdicts = steps.map((step) => judge(inputOf(rollout, policy, step, now)));
  const verdict = verdicts.at(-1)!;
  const harmful = verdicts.findIndex(({ outcome }) => outcome === 'rollback');
  const isPast = harmful >= 0 && harmful < steps.length - 1;
  const evidence = [
    ...(isPast ? [`at the step of ${percent(steps[harmful]!.share)}:`] : []),
    ...inWords(verdicts[harmful] ?? verdict),
  ];
  const wanted = harmful >= 0 ? 'rollback' : actionOf(rollout, policy, verdict, now);
  return { action: allowed(current, wanted), evidence, verdict, steps };
}

/** Blue-green: nothing to compare with, but devices that cannot run green at all. */
function judgeHard(current: Deployment, steps: readonly StepCounts[]): Judgement {
  const { canary } = steps.at(-1)!;
  const tried = triedBy(canary);
  const broken = brokenRules(hardOf(canary), tried);
  const evidence = [
    ...broken,
    `${tried.toLocaleString('en')} devices have loaded version ${current.rollout!.version}`,
  ];
  const wanted = broken.length > 0 ? 'rollback' : 'stay';
  return { action: allowed(current, wanted), evidence, verdict: null, steps: [...steps] };
}

function actionOf(
  { strategy, since }: RolloutState,
  { bakeMs, deadlineMs, minDevices }: RolloutPolicy,
  { outcome, why, devices }: Verdict,
  now: number,
): Action {
  if (why === 'sample-ratio mismatch') return 'hold';
  if (why === 'no data') return 'stay';
  if (strategy === 'canary') {
    return outcome === 'promote' ? 'advance' : outcome === 'inconclusive' ? 'wait' : 'stay';
  }
  // Rolling goes by the clock, unless harm is shown.
  if (devices >= minDevices && now - since >= bakeMs) return 'advance';
  return now - since >= deadlineMs ? 'wait' : 'stay';
}

/** What is wanted, as far as the rollout's state lets it happen by itself. */
function allowed({ off, rollout }: Deployment, wanted: Action): Action {
  if (off === true) return 'stay';
  switch (rollout!.state) {
    case 'running':
      return wanted;
    case 'waiting':
      return wanted === 'rollback' || wanted === 'hold' ? wanted : 'stay';
    case 'held':
      return wanted === 'rollback' ? wanted : 'stay';
    case 'paused':
      return 'stay';
  }
}

/** Every stretch of sequences in which the rollout's share was constant, with its devices. */
export function stepsOf(history: readonly Deployment[], rows: readonly WindowRow[]): StepCounts[] {
  const current = history[0]!;
  const { salt, version } = current.rollout!;
  const steps: StepCounts[] = [];
  for (const { rollout } of history.toReversed()) {
    if (rollout?.salt !== salt || rollout.from === steps.at(-1)?.from) continue;
    const { share, from, since } = rollout;
    steps.push({ share, from, since, champion: noCounts(), canary: noCounts() });
  }
  for (const { series, version: of, arm, counts } of rows) {
    const side = sideOf(arm);
    if (side === undefined || of !== (side === 'canary' ? version : current.champion)) continue;
    const [, name, sequence] = /^(.+)#(\d+)$/.exec(series) ?? [];
    const step = steps.findLast(({ from }) => from <= Number(sequence));
    if (step !== undefined) add(step[side], name!, counts);
  }
  return steps;
}

/** A shadow's devices are compared with nobody's. */
const sideOf = (arm: Arm): 'champion' | 'canary' | undefined =>
  arm === 'shadow' ? undefined : arm;

function add(
  { events, latency, load }: ArmCounts,
  series: string,
  counts: readonly number[],
): void {
  const times =
    series === SERIES.unitLatency ? latency : series === SERIES.unitLoad ? load : undefined;
  for (let i = 0; i < counts.length; i += 2) {
    const [bin, count] = [counts[i]!, counts[i + 1]!];
    if (times !== undefined) times[bin]! += count;
    else if (series === SERIES.unit) {
      const event = UNIT_EVENTS[bin - FIRST_CATEGORY];
      if (event !== undefined) events[event] += count;
    }
  }
}

function noCounts(): ArmCounts {
  const events = Object.fromEntries(UNIT_EVENTS.map((event) => [event, 0]));
  const size = binCount(IDENTITY);
  return {
    events: events as Record<UnitEvent, number>,
    latency: new Float64Array(size),
    load: new Float64Array(size),
  };
}

function inputOf(
  { since, edges = {} }: RolloutState,
  policy: RolloutPolicy,
  step: StepCounts,
  now: number,
): JudgeInput {
  const { champion, canary, share: shareB } = step;
  const { bakeMs, deadlineMs, minDevices, guards, alpha, promoteRatio, steps } = policy;
  return {
    alpha: alpha / steps.length,
    promoteRatio,
    guardrails: guards.map((guard) => guardrailOf(guard, step, edges[guard.name])),
    exposed: [{ A: champion.events.exposed, B: canary.events.exposed, shareB }],
    minDevices,
    baked: now - since >= bakeMs,
    deadlinePassed: now - since >= deadlineMs,
    hard: hardOf(canary),
  };
}

function guardrailOf(guard: Guard, { champion, canary, share: shareB }: StepCounts, edge?: number) {
  const a = badOf(champion, guard.name, edge);
  const b = badOf(canary, guard.name, edge);
  const kind = RARE.includes(guard.name) ? 'rare' : 'common';
  const stratum = { shareB, nA: a.devices, badA: a.bad, nB: b.devices, badB: b.bad };
  // The grid from the first look on: a mixture that is chosen later is no e-process.
  return { ...guard, kind, grid: RATIOS, strata: [stratum] } satisfies Guardrail;
}

/** @param edge of a guard on times. */
function badOf(counts: ArmCounts, guard: string, edge?: number): { devices: number; bad: number } {
  if (edge !== undefined) {
    return exceedance(guard === 'p95_load' ? counts.load : counts.latency, edge);
  }
  const bad = counts.events[guard as UnitEvent];
  // A batch may be late or lost: a device that is bad was exposed, whether or not it is known.
  return { devices: Math.max(counts.events.exposed, bad), bad };
}

function hardOf({ events }: ArmCounts): HardFailures {
  return { selfTest: events['self-test'], crashLoop: events.crash, load: events.load };
}

/** Devices that loaded a version, or tried. */
function triedBy({ events, load }: ArmCounts): number {
  const loaded = load.reduce((sum, count) => sum + count, 0);
  return Math.max(events.exposed, loaded + events.load);
}

/** As the admin API answers it: times as counts of devices only. */
export function summaryOf({ steps, ...rest }: Judgement) {
  return {
    ...rest,
    steps: steps.map(({ since, champion, canary, ...step }) => ({
      ...step,
      since: new Date(since).toISOString(),
      champion: champion.events,
      canary: { ...canary.events, tried: triedBy(canary) },
    })),
  };
}

const percent = (share: number): string => `${+(share * 100).toFixed(4)} %`;
