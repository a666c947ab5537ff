/**
 * What may follow what: pure transitions from one deployment of a model to the next. A share only ever
 * widens under one salt, so that no device flips back; a new rollout draws a new salt, so that other
 * devices go first. There is one champion at any time, and a way back whenever something was live before.
 */
import { SiskinError } from '@siskin/protocol';
import type { Deployment, RolloutState } from '../store.ts';
import type { Asked } from './policy.ts';

export type Plan = Omit<Deployment, 'app' | 'model' | 'sequence' | 'at' | 'by' | 'keep'>;

/** When a transition happens, and what is new with it. */
export interface Moment {
  /** Epoch milliseconds. */
  at: number;
  /** Of the deployment to come. */
  sequence: number;
  newSalt(): string;
}

/**
 * A new rollout, or a wider share of a canary that people move.
 * @throws SiskinError `conflict` if the version is the champion, another rollout is under way, the model is
 *   pinned, or the share would not grow.
 */
export function start(
  current: Deployment,
  asked: Asked & Pick<RolloutState, 'edges'>,
  { at, sequence, newSalt }: Moment,
): Plan {
  const { champion, rollout } = current;
  const { version, share } = asked;
  if (current.pinned) {
    conflict(
      `model "${current.model}" is pinned to "${champion}": \`siskin rollout unpin\` it first`,
    );
  }
  if (version === champion) conflict(`version "${version}" is the champion already`);
  const begun = { state: 'running', from: sequence, since: at } as const;
  if (rollout === undefined) {
    const salt = newSalt();
    return {
      ...standing(current),
      champion,
      rollout: { ...asked, salt, ...begun },
      cause: 'start',
    };
  }
  const isByHand = [rollout, asked].every((one) => one.strategy === 'canary' && !one.policy);
  if (rollout.version !== version || !isByHand) {
    conflict(
      `version "${rollout.version}" is in a rollout (${rollout.strategy}): promote it or roll it back first`,
    );
  }
  if (share <= rollout.share) {
    conflict(
      `the canary has ${percent(rollout.share)} already and only ever widens: roll back to stop it`,
    );
  }
  const wider = { ...rollout, ...begun, share };
  return { ...standing(current), champion, rollout: wider, cause: 'widen' };
}

/** The share that comes after this one; undefined where everybody does. */
export function nextShare({ policy, share }: RolloutState): number | undefined {
  return policy?.steps.find((step) => step > share);
}

/**
 * A person says that it is good: to the next step of its policy, or else the rollout's version becomes the
 * champion.
 * @param full whatever steps there are left.
 * @throws SiskinError `conflict` if there is no rollout, or if its version has answered nobody yet.
 */
export function promote(current: Deployment, moment: Moment, full = false): Plan {
  const rollout = rolloutOf(current, 'promote');
  const { strategy, share } = rollout;
  if (!full && strategy === 'shadow') {
    conflict('a shadow has answered nobody yet: roll it back and start a canary, or add --full');
  }
  if (!full && strategy === 'blue-green' && share === 0) {
    conflict('green has answered nobody yet: `siskin rollout flip` first, or add --full');
  }
  const next = full ? undefined : nextShare(rollout);
  if (next === undefined) {
    return { ...standing(current), champion: rollout.version, cause: 'promote' };
  }
  const { at: since, sequence: from } = moment;
  const state = { ...rollout, share: next, state: 'running', from, since } as const;
  return { ...standing(current), champion: current.champion, rollout: state, cause: 'widen' };
}

/** As {@link promote}, by the evaluator: a share that somebody has to approve is waited for. */
export function advance(current: Deployment, moment: Moment): Plan {
  const rollout = rolloutOf(current, 'promote');
  return rollout.policy?.gates.includes(nextShare(rollout) ?? 1)
    ? inState(current, 'waiting', 'wait')
    : promote(current, moment);
}

/** Time was up without an answer: a person has to decide. */
export const wait = (current: Deployment): Plan => inState(current, 'waiting', 'wait');

/** The counts cannot be trusted, so nothing moves until a person has looked. */
export const hold = (current: Deployment): Plan => inState(current, 'held', 'hold');

/** @throws SiskinError `conflict` unless something would move by itself. */
export function pause(current: Deployment): Plan {
  const { policy, state } = rolloutOf(current, 'pause');
  if (policy === undefined) conflict('nothing of this rollout moves by itself: there is no policy');
  if (state === 'paused') conflict('the rollout is paused already');
  return inState(current, 'paused', 'pause');
}

/**
 * Goes on judging, with a new deadline; after a hold with new counts, since the old ones could not be trusted.
 * @throws SiskinError `conflict` if it does so anyway.
 */
export function resume(current: Deployment, { at: since, sequence }: Moment): Plan {
  const rollout = rolloutOf(current, 'resume');
  if (rollout.state === 'running') conflict('the rollout is running already');
  const from = rollout.state === 'held' ? sequence : rollout.from;
  const state = { ...rollout, state: 'running', from, since } as const;
  return { ...standing(current), champion: current.champion, rollout: state, cause: 'resume' };
}

/** Blue-green: green answers everywhere, or blue does again. @throws SiskinError `conflict` if it is another. */
export function flip(current: Deployment, { at: since, sequence: from }: Moment): Plan {
  const rollout = rolloutOf(current, 'flip');
  if (rollout.strategy !== 'blue-green') {
    conflict(`only blue-green is flipped; this is ${rollout.strategy}: promote it or roll it back`);
  }
  const state = { ...rollout, share: 1 - rollout.share, from, since };
  return { ...standing(current), champion: current.champion, rollout: state, cause: 'flip' };
}

/**
 * Back to `to`, or else: from a rollout to the champion, from a champion to the one before it. It also
 * unpins.
 * @param history newest first, the current deployment included.
 * @throws SiskinError `conflict` if there is nothing to go back to.
 */
export function rollback(history: readonly Deployment[], to?: string): Plan {
  const current = history[0]!;
  const { rollout, champion } = current;
  const target = to ?? (rollout === undefined ? before(history) : champion);
  if (target === undefined) {
    conflict(`nothing was live before version "${champion}": name a version with --to`);
  }
  if (target === champion && rollout === undefined) {
    conflict(`version "${target}" is what all devices run already`);
  }
  return { ...standing({ ...current, pinned: false }), champion: target, cause: 'rollback' };
}

/** All devices run `version`, and no rollout starts until {@link unpin}. */
export function pin(current: Deployment, version: string): Plan {
  if (current.pinned && current.champion === version) {
    conflict(`the model is pinned to "${version}" already`);
  }
  return { ...standing(current), pinned: true, champion: version, cause: 'pin' };
}

export function unpin(current: Deployment): Plan {
  if (!current.pinned) conflict('the model is not pinned');
  return { ...asItIs({ ...current, pinned: false }), cause: 'unpin' };
}

/** The kill switch: nothing is run, wherever a rollout stands. */
export function switchOff(current: Deployment): Plan {
  if (current.off) conflict('the model is off already');
  return { ...asItIs({ ...current, off: true }), cause: 'off' };
}

export function switchOn(current: Deployment): Plan {
  if (!current.off) conflict('the model is on already');
  return { ...asItIs({ ...current, off: false }), cause: 'on' };
}

/** @param automation undefined: that of each version's own spec again. */
export function automate(current: Deployment, automation: Deployment['automation']): Plan {
  const { automation: _, ...rest } = current;
  return { ...asItIs({ ...rest, ...(automation && { automation }) }), cause: 'automation' };
}

/**
 * What devices keep so that one rollback needs no network.
 * @param history newest first, with what is to be live at its head.
 */
export function keepOf(history: readonly Pick<Deployment, 'champion' | 'rollout'>[]): string[] {
  const { champion, rollout } = history[0]!;
  const back = rollout === undefined ? before(history) : champion;
  return back === undefined ? [] : [back];
}

/** Who was champion before the current one first was: rolling back twice goes back, not forth. */
function before(history: readonly Pick<Deployment, 'champion'>[]): string | undefined {
  const { champion } = history[0]!;
  const first = history.findLastIndex((deployment) => deployment.champion === champion);
  return history[first + 1]?.champion;
}

/** What outlives a rollout. */
function standing({ off, pinned, automation }: Deployment) {
  return {
    ...(off === true && { off }),
    ...(pinned === true && { pinned }),
    ...(automation && { automation }),
  };
}

function asItIs(current: Deployment): Omit<Plan, 'cause'> {
  const { champion, rollout } = current;
  return { ...standing(current), champion, ...(rollout && { rollout }) };
}

function inState(current: Deployment, state: RolloutState['state'], cause: Plan['cause']): Plan {
  const rollout = { ...rolloutOf(current, cause), state };
  return { ...standing(current), champion: current.champion, rollout, cause };
}

function rolloutOf({ model, rollout }: Deployment, what: string): RolloutState {
  if (rollout !== undefined) return rollout;
  return conflict(
    `model "${model}" has no rollout to ${what}: start one with \`siskin rollout start\``,
  );
}

function conflict(message: string): never {
  throw new SiskinError('conflict', message);
}

const percent = (share: number): string => `${+(share * 100).toFixed(4)} %`;
