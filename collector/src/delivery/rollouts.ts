/**
 * What may follow what: pure transitions from one deployment of a model to the next. A canary only
 * ever widens under one salt, so that no device flips back; a new rollout draws a new salt, so that
 * other devices go first.
 */
import { SiskinError } from '@siskin/protocol';
import type { Canary, Deployment } from '../store.ts';

export type Plan = Pick<Deployment, 'champion' | 'canary' | 'cause'>;

/**
 * @param share of devices, 0 < share ≤ 1.
 * @throws SiskinError `conflict` if the version is the champion, if another canary is out, or if the
 *   share would not grow.
 */
export function startCanary(
  current: Deployment,
  version: string,
  share: number,
  newSalt: () => string,
): Plan {
  const { champion, canary } = current;
  if (version === champion) {
    throw new SiskinError('conflict', `version "${version}" is the champion already`);
  }
  if (canary === undefined) {
    return { champion, canary: { version, share, salt: newSalt() }, cause: 'start' };
  }
  if (canary.version !== version) {
    throw new SiskinError(
      'conflict',
      `version "${canary.version}" is in canary: promote it or roll it back first`,
    );
  }
  if (share <= canary.share) {
    throw new SiskinError(
      'conflict',
      `the canary has ${percent(canary)} already and only ever widens: roll back to stop it`,
    );
  }
  return { champion, canary: { ...canary, share }, cause: 'widen' };
}

/** The canary becomes the champion. @throws SiskinError `conflict` if there is none. */
export function promote(current: Deployment): Plan {
  if (current.canary === undefined) {
    throw new SiskinError(
      'conflict',
      `model "${current.model}" has no canary to promote: start one with \`siskin rollout start\``,
    );
  }
  return { champion: current.canary.version, cause: 'promote' };
}

/**
 * Back to `to`, or else: from a canary to the champion, from a champion to the one before it.
 * @param history newest first, the current deployment included.
 * @throws SiskinError `conflict` if there is nothing to go back to.
 */
export function rollback(history: readonly Deployment[], to: string | undefined): Plan {
  const current = history[0]!;
  const target = to ?? (current.canary === undefined ? before(history) : current.champion);
  if (target === undefined) {
    throw new SiskinError(
      'conflict',
      `nothing was live before version "${current.champion}": name a version with --to`,
    );
  }
  if (target === current.champion && current.canary === undefined) {
    throw new SiskinError('conflict', `version "${target}" is what all devices run already`);
  }
  return { champion: target, cause: 'rollback' };
}

/** Who was champion before the current one first was: rolling back twice goes back, not forth. */
function before(history: readonly Deployment[]): string | undefined {
  const { champion } = history[0]!;
  const first = history.findLastIndex((deployment) => deployment.champion === champion);
  return history[first + 1]?.champion;
}

const percent = (canary: Canary): string => `${+(canary.share * 100).toFixed(4)} %`;
