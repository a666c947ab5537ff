/**
 * Composes the evaluator: judges every rollout under way and does what its policy says. Several collectors
 * on one database may run one each: a lease lets one of them work, and what a change was judged on has to
 * be what it changes, so that nothing is done twice even if a lease runs out half-way.
 */
import { SERIES } from '@siskin/protocol';
import type { Delivery, Planner } from './delivery/delivery.ts';
import { advance, hold, rollback, wait } from './delivery/rollouts.ts';
import { type Action, type Judgement, judgeRollout } from './judging.ts';
import type { Deployment, Store } from './store.ts';

const LEASE = 'evaluator';
/** A lease outlives some looks, so that a slow one does not lose it. */
const LEASED_LOOKS = 4;
/** Who has done it, in the history and the audit log. */
export const EVALUATOR = 'siskin';
/** `unit/event`, `unit/latency`, … */
const UNIT = SERIES.unit.slice(0, SERIES.unit.indexOf('/') + 1);

export interface EvaluatorOptions {
  store: Pick<Store, 'counts' | 'control'>;
  delivery: Pick<Delivery, 'step'>;
  /** Names this process. */
  holder: string;
  /** Time between looks, ms. */
  everyMs: number;
  now(): number;
  onAction?(deployment: Deployment): void;
  /** One model's fault keeps no other from being judged. */
  onFault(error: unknown): void;
}

/** How a model's rollout stands; undefined where none is judged. */
export async function judgementOf(
  { counts, control }: Pick<Store, 'counts' | 'control'>,
  app: string,
  model: string,
  now: number,
): Promise<{ judged: Deployment; judgement: Judgement } | undefined> {
  const history = await control.deployments(app, model);
  const judged = history[0];
  const rollout = judged?.rollout;
  if (rollout === undefined || !isJudged(judged!)) return undefined;
  const first = history.findLast((one) => one.rollout?.salt === rollout.salt)!;
  const rows = await counts.read({
    ...{ app, model, prefix: UNIT },
    // Windows begin before what happens in them.
    from: first.at - DAY_MS,
    until: Number.MAX_SAFE_INTEGER,
  });
  return { judged: judged!, judgement: judgeRollout(history, rows, now) };
}
/** The longest window there is. */
const DAY_MS = 86_400_000;

/** A shadow is shown to nobody, and what people move by hand they judge themselves. */
function isJudged({ rollout }: Deployment): boolean {
  return rollout?.policy !== undefined || rollout?.strategy === 'blue-green';
}

const PLANS: Record<Exclude<Action, 'stay'>, Planner> = {
  advance: ([current], moment) => advance(current!, moment),
  wait: ([current]) => wait(current!),
  hold: ([current]) => hold(current!),
  rollback: (history) => rollback(history),
};

export interface Evaluator {
  /** Looks at everything, once at a time. @returns what it changed: nothing, while another process works. */
  look(): Promise<Deployment[]>;
  /** Resolves when no look is under way. */
  settled(): Promise<void>;
}

export function evaluator(options: EvaluatorOptions): Evaluator {
  const { store, delivery, holder, everyMs, now, onAction, onFault } = options;

  async function look(app: string, model: string): Promise<Deployment | undefined> {
    const found = await judgementOf(store, app, model, now());
    if (found === undefined || found.judgement.action === 'stay') return undefined;
    const { action, evidence } = found.judgement;
    const { sequence } = found.judged;
    const plan: Planner = (history, moment) =>
      history[0]!.sequence === sequence ? PLANS[action](history, moment) : undefined;
    return delivery.step(app, model, plan, { by: EVALUATOR, why: evidence.join('\n') });
  }

  async function lookAtAll(): Promise<Deployment[]> {
    if (!(await store.control.lease(LEASE, holder, now(), LEASED_LOOKS * everyMs))) return [];
    const done: Deployment[] = [];
    for (const { name: app } of await store.control.apps()) {
      for (const { model } of (await store.control.live(app)).filter(isJudged)) {
        const deployment = await look(app, model).catch(onFault);
        if (!deployment) continue;
        done.push(deployment);
        onAction?.(deployment);
      }
    }
    return done;
  }

  let looking: Promise<Deployment[]> | undefined;
  return {
    look() {
      looking ??= lookAtAll().finally(() => {
        looking = undefined;
      });
      return looking;
    },
    async settled() {
      await looking?.catch(() => undefined);
    },
  };
}
