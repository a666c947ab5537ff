/** The file of counts that `siskin judge` reads: a past rollout, to try a policy on. */
import { issuesOf, SiskinError } from '@siskin/protocol';
import * as v from 'valibot';
import { ALPHA, type JudgeInput, PROMOTE_RATIO } from './policy.ts';

const Finite = v.pipe(v.number(), v.finite());
const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(1e12));
const Share = v.pipe(
  Finite,
  v.minValue(0),
  v.maxValue(1),
  v.check(
    (share) => share === 0 || share === 1 || (share >= 1e-9 && share <= 1 - 1e-9),
    'a share nearer to 0 or 1 than 1e-9',
  ),
);
const Ratio = v.pipe(Finite, v.minValue(1.01), v.maxValue(100));

const Arms = v.strictObject({
  nA: Count,
  badA: Count,
  nB: Count,
  badB: Count,
  shareB: v.optional(Share),
});
type Arms = v.InferOutput<typeof Arms>;

/** A fault of two members together, told where a person will look for it. */
const check = (key: keyof Arms, good: (arms: Arms) => boolean, message: string) =>
  v.forward(v.check<Arms, string>(good, message), [key]);

const Stratum = v.pipe(
  Arms,
  check('badA', ({ badA, nA }) => badA <= nA, 'more bad devices than devices (nA)'),
  check('badB', ({ badB, nB }) => badB <= nB, 'more bad devices than devices (nB)'),
  check('nB', ({ shareB, nB }) => shareB !== 0 || nB === 0, 'devices of an arm whose share is 0'),
  check('nA', ({ shareB, nA }) => shareB !== 1 || nA === 0, 'devices of an arm whose share is 0'),
);

const Guardrail = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1)),
  kind: v.picklist(['rare', 'common']),
  c: v.optional(v.pipe(Finite, v.minValue(1e-3), v.maxValue(1e9))),
  grid: v.optional(
    v.pipe(
      v.array(v.pipe(Finite, v.minValue(1), v.maxValue(1e6))),
      v.minLength(1),
      v.maxLength(1000),
    ),
  ),
  promoteRatio: v.optional(Ratio),
  negligible: v.optional(v.pipe(Finite, v.minValue(1e-6), v.maxValue(0.5))),
  strata: v.array(Stratum),
});

const Exposed = v.strictObject({ A: Count, B: Count, shareB: v.optional(Share) });
/** Of a ramp. */
const Steps = v.pipe(v.array(Exposed), v.minLength(1));

const Counts = v.strictObject({
  alpha: v.optional(v.pipe(Finite, v.minValue(1e-12), v.maxValue(0.4)), ALPHA),
  promoteRatio: v.optional(Ratio, PROMOTE_RATIO),
  guardrails: v.pipe(
    v.array(Guardrail),
    v.minLength(1),
    v.check(
      (all) => new Set(all.map(({ name }) => name)).size === all.length,
      'two guardrails have one name',
    ),
  ),
  // Not a union: that would not say which member of which step is wrong.
  exposed: v.lazy((given) => (Array.isArray(given) ? Steps : Exposed)),
  minDevices: v.optional(Count),
  baked: v.optional(v.boolean()),
  deadlinePassed: v.optional(v.boolean()),
  hard: v.optional(
    v.strictObject({
      selfTest: v.optional(Count),
      crashLoop: v.optional(Count),
      load: v.optional(Count),
    }),
  ),
});

/** @throws SiskinError `data_invalid` naming the path of each fault. */
export function parseCounts(value: unknown): JudgeInput {
  const parsed = v.safeParse(Counts, value);
  if (!parsed.success) throw new SiskinError('data_invalid', issuesOf(parsed.issues));
  const { exposed } = parsed.output;
  return { ...parsed.output, exposed: Array.isArray(exposed) ? exposed : [exposed] };
}
