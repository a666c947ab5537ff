/** A deployment as the admin API answers it. */
import type { Deployment } from '../store.ts';

export function stateOf({ app: _, at, rollout, ...rest }: Deployment) {
  return {
    ...rest,
    /** Who has the rollout's version; null where nobody is given it, as by a shadow. */
    canary:
      rollout === undefined || rollout.strategy === 'shadow'
        ? null
        : { version: rollout.version, share: rollout.share },
    rollout:
      rollout === undefined ? null : { ...rollout, since: new Date(rollout.since).toISOString() },
    at: new Date(at).toISOString(),
  };
}
