/** What a rollout is to do, as a request, a `rollout.json` or flags say it. */
import { issuesOf, SiskinError, TargetSchema } from '@siskin/protocol';
import * as v from 'valibot';
import type { Guard, RolloutPolicy, RolloutState } from '../store.ts';

/** Events, then times: a device is slow beyond the champion's 95th percentile. */
export const GUARDS = [
  'error',
  'null',
  'redo',
  'override',
  'switch',
  'defer',
  'p95_latency',
  'p95_load',
] as const;

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** setTimeout's bound is no matter here, but a step of more than a year is a slip of the pen. */
const MAX_DURATION = 365 * UNITS.d;
/** Buckets are of a ten-thousandth. */
const LEAST_PERCENT = 0.01;
/**
 * In each step a guardrail may err with this probability over the number of steps, so in the rollout with
 * this one.
 */
const ALPHA = 0.05;
const PROMOTE_RATIO = 2;
/** Of events: where hardly a device has one, no number of devices shows a ratio. */
const NEGLIGIBLE = 0.01;

const DEFAULTS = {
  canary: { steps: [1, 5, 25, 50, 100], bake: '30m', minDevices: 500 },
  rolling: { steps: [10, 25, 50, 75, 100], bake: '1h', minDevices: 0 },
};
const DEFAULT_GUARDS = ['error', 'null', 'override'];

const Duration = v.pipe(
  v.string(),
  v.regex(/^\d{1,6}[smhd]$/, 'a duration is like 90s, 30m, 6h or 7d'),
  v.transform((text) => Number(text.slice(0, -1)) * UNITS[text.at(-1) as keyof typeof UNITS]),
  v.maxValue(MAX_DURATION, 'a duration is at most 365d'),
);
const Percent = v.pipe(
  v.number(),
  v.check(
    (percent) => percent >= LEAST_PERCENT && percent <= 100,
    `a share is at least ${LEAST_PERCENT} and at most 100 %`,
  ),
);
const Steps = v.pipe(
  v.array(Percent),
  v.minLength(1, 'there are no steps'),
  v.maxLength(50),
  v.check((steps) => steps.every((p, i) => i === 0 || p > steps[i - 1]!), 'steps only go up'),
  v.check((steps) => steps[0]! < 100, 'a step of 100 % leaves no champion to compare with'),
);
const Ratio = v.pipe(v.number(), v.minValue(1.01), v.maxValue(100));
const GuardSchema = v.union(
  [
    v.pipe(
      v.picklist(GUARDS),
      v.transform((name): { name: (typeof GUARDS)[number] } => ({ name })),
    ),
    v.strictObject({
      name: v.picklist(GUARDS),
      promoteRatio: v.optional(Ratio),
      negligible: v.optional(v.pipe(v.number(), v.minValue(1e-6), v.maxValue(0.5))),
    }),
  ],
  `a guard is one of ${GUARDS.join(', ')}, or { "name", "promoteRatio", "negligible" }`,
);

const Version = v.pipe(v.string(), v.minLength(1));
const automatic = {
  version: Version,
  target: v.optional(TargetSchema),
  steps: v.optional(Steps),
  /** How long a step lasts at least. */
  bake: v.optional(Duration),
  /** How long it lasts at most before a person is asked. */
  deadline: v.optional(Duration, '7d'),
  minDevices: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  guard: v.optional(
    v.pipe(
      v.array(GuardSchema),
      v.minLength(1, 'without a guard nothing is judged'),
      v.check(
        (all) => new Set(all.map(({ name }) => name)).size === all.length,
        'a guard is named twice',
      ),
    ),
    DEFAULT_GUARDS as (typeof GUARDS)[number][],
  ),
  /** Shares that somebody has to approve before; 100 is everybody. */
  approve: v.optional(v.array(Percent), []),
  alpha: v.optional(v.pipe(v.number(), v.minValue(1e-12), v.maxValue(0.4)), ALPHA),
  promoteRatio: v.optional(Ratio, PROMOTE_RATIO),
};

const PlanSchema = v.variant('strategy', [
  v.strictObject({ strategy: v.literal('canary'), ...automatic }),
  v.strictObject({ strategy: v.literal('rolling'), ...automatic }),
  v.strictObject({
    strategy: v.literal('shadow'),
    version: Version,
    target: v.optional(TargetSchema),
    /** Per cent of devices that answer twice, and of their predictions. */
    share: v.optional(Percent, 100),
    sample: v.optional(Percent, 100),
  }),
  v.strictObject({ strategy: v.literal('blue-green'), version: Version }),
]);
/** A canary that nothing but people moves. */
const ManualSchema = v.strictObject({
  version: Version,
  canary: v.pipe(
    v.number(),
    v.check(
      (percent) => percent > 0 && percent <= 100,
      'a canary has more than 0 and at most 100 %',
    ),
  ),
});

/** A rollout that is asked for, before it has begun. */
export type Asked = Omit<RolloutState, 'salt' | 'state' | 'from' | 'since' | 'edges'>;

/** @throws SiskinError `usage` naming the path of each fault. */
export function parseAsked(value: unknown): Asked {
  const isManual = value !== null && typeof value === 'object' && !('strategy' in value);
  const parsed = isManual ? v.safeParse(ManualSchema, value) : v.safeParse(PlanSchema, value);
  if (!parsed.success) {
    throw new SiskinError('usage', `the rollout is invalid: ${issuesOf(parsed.issues)}`);
  }
  const { output } = parsed;
  if ('canary' in output) {
    return { strategy: 'canary', version: output.version, share: output.canary / 100 };
  }
  const { strategy, version } = output;
  switch (strategy) {
    case 'blue-green':
      return { strategy, version, share: 0 };
    case 'shadow': {
      const { share, sample, target } = output;
      return {
        ...{ strategy, version, share: share / 100, sample: sample / 100 },
        ...(target && { target }),
      };
    }
    default: {
      const policy = policyOf(output);
      const { target } = output;
      return { strategy, version, share: policy.steps[0]!, policy, ...(target && { target }) };
    }
  }
}

type Automatic = Extract<v.InferOutput<typeof PlanSchema>, { strategy: 'canary' | 'rolling' }>;

function policyOf(asked: Automatic): RolloutPolicy {
  const defaults = DEFAULTS[asked.strategy];
  const { steps = defaults.steps, minDevices = defaults.minDevices, alpha, promoteRatio } = asked;
  const gates = asked.approve.map((percent) => percent / 100);
  const shares = steps.filter((percent) => percent < 100).map((percent) => percent / 100);
  const stray = gates.find((gate) => gate !== 1 && !shares.slice(1).includes(gate));
  if (stray !== undefined) {
    throw new SiskinError(
      'usage',
      `${+(stray * 100).toFixed(4)} % cannot wait to be approved: it is no step that comes after another one`,
    );
  }
  const [bakeMs, deadlineMs] = [asked.bake ?? v.parse(Duration, defaults.bake), asked.deadline];
  if (deadlineMs <= bakeMs) {
    throw new SiskinError('usage', 'the deadline of a step has to be later than its bake time');
  }
  return {
    ...{ steps: shares, bakeMs, deadlineMs, minDevices, gates, alpha, promoteRatio },
    guards: asked.guard.map((guard): Guard => {
      const isTime = guard.name.startsWith('p95_');
      return { ...(!isTime && { negligible: NEGLIGIBLE }), ...defined(guard) };
    }),
  };
}

/** Members that are undefined left out: what is stored is JSON. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
