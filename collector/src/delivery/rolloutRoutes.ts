/** Rollouts over HTTP: what people and pipelines may do to them. Each answers what is live afterwards. */
import { AutomationSchema, issuesOf, SiskinError } from '@siskin/protocol';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import * as v from 'valibot';
import type { ControlReader, Deployment } from '../store.ts';
import type { Delivery, Planner, Reason } from './delivery.ts';
import { parseAsked } from './policy.ts';
import * as rollouts from './rollouts.ts';
import { stateOf } from './stateOf.ts';

const MAX_JSON = 64 * 1024;

const who = {
  /** Whom the audit log is to name. */
  by: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(128)), 'admin'),
  why: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(1000))),
};
const Nothing = v.strictObject(who);
const StartSchema = v.looseObject(who);
const PromoteSchema = v.strictObject({ ...who, full: v.optional(v.boolean(), false) });
const RollbackSchema = v.strictObject({ ...who, to: v.optional(v.string()) });
const PinSchema = v.strictObject({ ...who, to: v.string() });
const AutomateSchema = v.strictObject({ ...who, automation: v.optional(AutomationSchema) });

export interface RolloutRouteOptions {
  control: ControlReader;
  delivery: Delivery;
  /** First slow bin of each guard on times, of the champion so far. @throws SiskinError `conflict` */
  freezeEdges(current: Deployment, guards: readonly string[]): Promise<Record<string, number>>;
  /** How a model's rollout stands; null if there is none. */
  judgement(app: string, model: string): Promise<unknown>;
}

export function rolloutRoutes(options: RolloutRouteOptions): Hono {
  const { control, delivery, freezeEdges, judgement } = options;
  const limit = bodyLimit({
    maxSize: MAX_JSON,
    onError: () => {
      throw new SiskinError('batch_too_large', `a request has at most ${MAX_JSON} bytes of JSON`);
    },
  });
  const routes = new Hono();
  const on = <T extends Reason>(
    name: string,
    schema: v.GenericSchema<unknown, T>,
    planOf: (asked: T, app: string, model: string) => Planner | Promise<Planner>,
  ): void => {
    routes.post(`/apps/:app/models/:model/rollout/${name}`, limit, async (c) => {
      const { app, model } = c.req.param() as { app: string; model: string };
      const asked = await read(c, schema);
      const plan = await planOf(asked, app, model);
      return c.json(stateOf((await delivery.step(app, model, plan, asked))!));
    });
  };

  on('start', StartSchema, async ({ by: _, why: __, ...rest }, app, model) => {
    const asked = parseAsked(rest);
    const [current] = await control.deployments(app, model);
    const guards = asked.policy?.guards.map(({ name }) => name) ?? [];
    const edges = current === undefined ? {} : await freezeEdges(current, guards);
    return ([now], moment) => {
      if (now!.champion !== (current ?? now!).champion) {
        throw new SiskinError('conflict', 'the champion has just changed: ask again');
      }
      const frozen = Object.keys(edges).length > 0 && { edges };
      return rollouts.start(now!, { ...asked, ...frozen }, moment);
    };
  });
  on(
    'promote',
    PromoteSchema,
    ({ full }) =>
      ([current], moment) =>
        rollouts.promote(current!, moment, full),
  );
  on(
    'pause',
    Nothing,
    () =>
      ([current]) =>
        rollouts.pause(current!),
  );
  on(
    'resume',
    Nothing,
    () =>
      ([current], moment) =>
        rollouts.resume(current!, moment),
  );
  on(
    'flip',
    Nothing,
    () =>
      ([current], moment) =>
        rollouts.flip(current!, moment),
  );
  on(
    'rollback',
    RollbackSchema,
    ({ to }) =>
      (history) =>
        rollouts.rollback(history, to),
  );
  on(
    'pin',
    PinSchema,
    ({ to }) =>
      ([current]) =>
        rollouts.pin(current!, to),
  );
  on(
    'unpin',
    Nothing,
    () =>
      ([current]) =>
        rollouts.unpin(current!),
  );
  on(
    'off',
    Nothing,
    () =>
      ([current]) =>
        rollouts.switchOff(current!),
  );
  on(
    'on',
    Nothing,
    () =>
      ([current]) =>
        rollouts.switchOn(current!),
  );
  on(
    'automation',
    AutomateSchema,
    ({ automation }) =>
      ([current]) =>
        rollouts.automate(current!, automation),
  );

  return routes.get('/apps/:app/models/:model/rollout/judgement', async (c) => {
    const { app, model } = c.req.param();
    return c.json({ judgement: await judgement(app, model) });
  });
}

/** The request's JSON; an empty body is an empty object. */
async function read<T>(c: Context, schema: v.GenericSchema<unknown, T>): Promise<T> {
  const text = await c.req.text();
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch (cause) {
    throw new SiskinError('usage', 'the request is not JSON', { cause });
  }
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) {
    throw new SiskinError('usage', `the request is invalid: ${issuesOf(parsed.issues)}`);
  }
  return parsed.output;
}
