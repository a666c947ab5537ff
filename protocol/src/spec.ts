/**
 * The model spec, `siskin.json`: what a model takes, what it answers, and how far it is trusted.
 * Written by the ML team, checked at publication, carried to the device in the manifest.
 */
import * as v from 'valibot';
import { SiskinError } from './errors.ts';

const Name = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/, 'a name has 1–64 letters, digits, "_", "." or "-"'),
);
/** Models and versions are keys of the manifest's objects, which cannot have every key. */
const Key = v.pipe(
  Name,
  v.check((name) => !(name in {}), 'a name must not be one that every JavaScript object has'),
);
const Finite = v.pipe(v.number(), v.finite());
const Positive = v.pipe(Finite, v.minValue(Number.MIN_VALUE, 'must be greater than 0'));
const Pixels = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(16384));
const Label = v.pipe(v.string(), v.minLength(1), v.maxLength(128));

/** Values are told apart by what they are, so none may be there twice. */
const distinct = v.check(
  (texts: string[]) => new Set(texts).size === texts.length,
  'the same value is there twice',
);

/** Files are read from the spec's folder by the publisher, and never from elsewhere. */
const Path = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(256),
  v.check(
    (path) => !/^[A-Za-z]:|^\/|\\|(?:^|\/)\.{0,2}(?:\/|$)/.test(path),
    "must be a path inside the spec's folder, with forward slashes",
  ),
);

/** As exporters name them: `onnx::Gemm_0`, `StatefulPartitionedCall:0`, `head/probabilities`. */
const GraphName = v.pipe(v.string(), v.minLength(1), v.maxLength(256));

/** Graph input that an input is written to. Inputs that name the same tensor are laid end to end. */
const tensor = v.optional(GraphName);

const NumericInput = v.strictObject({
  name: Name,
  kind: v.literal('numeric'),
  tensor,
  /** Written in place of a missing value; counted as missing all the same. */
  fill: v.optional(Finite),
  /** The tensor receives (value − mean) / scale. */
  mean: v.optional(Finite, 0),
  scale: v.optional(Positive, 1),
});

/** One-hot over `categories`; anything else sets no element. */
const CategoricalInput = v.strictObject({
  name: Name,
  kind: v.literal('categorical'),
  tensor,
  categories: v.pipe(v.array(Label), v.minLength(1), v.maxLength(1000), distinct),
});

const ImageInput = v.strictObject({
  name: Name,
  kind: v.literal('image'),
  tensor,
  width: Pixels,
  height: Pixels,
  channels: v.picklist([1, 3]),
  layout: v.optional(v.picklist(['nhwc', 'nchw']), 'nhwc'),
  /** The tensor receives (channel / 255 − mean) / scale. */
  mean: v.optional(Finite, 0),
  scale: v.optional(Positive, 1),
});

export const TENSOR_TYPES = ['float32', 'int32', 'int64', 'uint8', 'bool'] as const;

const TensorInput = v.strictObject({
  name: Name,
  kind: v.literal('tensor'),
  tensor,
  type: v.optional(v.picklist(TENSOR_TYPES), 'float32'),
  /** null: any length. */
  shape: v.pipe(
    v.array(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0)))),
    v.maxLength(8),
  ),
});

/**
 * Text as the ids of its words in `vocabulary`, or without one as its Unicode code points; cut or
 * padded to `length`, in a tensor of shape [1, length].
 */
const TextInput = v.strictObject({
  name: Name,
  kind: v.literal('text'),
  tensor,
  length: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65536)),
  type: v.optional(v.picklist(['int64', 'int32', 'float32']), 'int64'),
  lowercase: v.optional(v.boolean(), false),
  /** A word's id is its place in this list. */
  vocabulary: v.optional(v.pipe(v.array(Label), v.minLength(1), v.maxLength(50_000), distinct)),
  /** Id of a word that the vocabulary lacks, and of what fills the end. */
  unknown: v.optional(v.pipe(v.number(), v.safeInteger()), 1),
  pad: v.optional(v.pipe(v.number(), v.safeInteger()), 0),
});

/** Mono PCM in −1 … 1, in a tensor of shape [1, samples]. */
const AudioInput = v.strictObject({
  name: Name,
  kind: v.literal('audio'),
  tensor,
  /** Samples a second. */
  sampleRate: v.pipe(Finite, v.minValue(1), v.maxValue(768_000)),
  /** Cut or padded with silence to so many samples; left out: any length. */
  length: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 26))),
});

export const InputSchema = v.variant('kind', [
  NumericInput,
  CategoricalInput,
  TextInput,
  ImageInput,
  AudioInput,
  TensorInput,
]);

const Classification = v.strictObject({
  tensor: v.optional(GraphName),
  kind: v.literal('classification'),
  labels: v.pipe(v.array(Label), v.minLength(2), v.maxLength(1000), distinct),
  /** The graph ends in logits: a softmax (one column per label) is applied on the device. */
  logits: v.optional(v.boolean(), false),
});

const Regression = v.strictObject({
  tensor: v.optional(GraphName),
  kind: v.literal('regression'),
  /** `exp`: the graph answers the logarithm. */
  transform: v.optional(v.picklist(['identity', 'exp']), 'identity'),
  unit: v.optional(v.pipe(v.string(), v.maxLength(32))),
});

/** Handed to the caller as it is; only its shape of numbers is counted. */
const RawOutput = v.strictObject({ tensor: v.optional(GraphName), kind: v.literal('tensor') });

export const OutputSchema = v.variant('kind', [Classification, Regression, RawOutput]);

export const AUTOMATION_LEVELS = ['human', 'shadow', 'assist', 'partial', 'full'] as const;

export const AutomationSchema = v.strictObject({
  level: v.picklist(AUTOMATION_LEVELS),
  /** `partial`: below this confidence the human decides. */
  threshold: v.optional(v.pipe(Finite, v.minValue(0), v.maxValue(1)), 0.5),
});

const Labels = v.strictObject({
  /** Column of the reference data that holds the truth. */
  column: v.optional(Label),
  /** Days a device keeps a decision, so that a label that arrives late can be joined to it. */
  keepDays: v.optional(v.pipe(Finite, v.minValue(0), v.maxValue(90)), 7),
});

export const GUARDRAIL_METRICS = [
  'error',
  'null',
  'redo',
  'override',
  'switch',
  'defer',
  'p95_latency',
  'p95_load',
] as const;

const Guardrail = v.strictObject({
  metric: v.picklist(GUARDRAIL_METRICS),
  /** A version is promoted once its rate is shown to be below so many times the champion's. */
  promoteRatio: v.optional(v.pipe(Finite, v.minValue(1.01), v.maxValue(100)), 2),
});

const Share = v.pipe(Finite, v.minValue(0), v.maxValue(1));

/** The smallest shift worth an alarm: noise-corrected PSI, W1 in IQR, a rate's rise in points of 1. */
const Size = v.strictObject({
  psi: v.optional(v.pipe(Finite, v.minValue(0))),
  wasserstein: v.optional(v.pipe(Finite, v.minValue(0))),
  rate: v.optional(Share),
});

export const REFERENCE_WINDOWS = ['training', 'recent', 'seasonal'] as const;

/** When a feature's shift is an alarm; what is left out is the collector's default. */
const AlarmPolicy = v.strictObject({
  /** False discovery rate over a model's features in one window (Benjamini–Hochberg). */
  q: v.optional(v.pipe(Finite, v.minValue(1e-6), v.maxValue(0.5))),
  size: v.optional(Size),
  /** Sizes of single series, by series name. */
  features: v.optional(v.record(v.string(), Size)),
  /** Drift in `of` of the last `windows` windows. */
  persistence: v.optional(
    v.pipe(
      v.strictObject({
        of: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)),
        windows: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)),
      }),
      v.check(({ of, windows }) => of <= windows, '"of" must not be greater than "windows"'),
    ),
  ),
  /** What a window is compared with: training data, the last days, the same hour of the week. */
  references: v.optional(v.pipe(v.array(v.picklist(REFERENCE_WINDOWS)), v.minLength(1))),
  recentDays: v.optional(v.pipe(Finite, v.minValue(0), v.maxValue(365))),
});

export const ModelSpecSchema = v.strictObject({
  $schema: v.optional(v.string()),
  name: Key,
  version: Key,
  format: v.picklist(['onnx', 'tfjs']),
  /** Paths beside the spec; the first is the model itself, the others what it refers to. */
  files: v.pipe(v.array(Path), v.minLength(1), v.maxLength(64), distinct),
  inputs: v.pipe(v.array(InputSchema), v.minLength(1), v.maxLength(1000)),
  /** The first output gives label and confidence. */
  outputs: v.pipe(v.array(OutputSchema), v.minLength(1), v.maxLength(16)),
  /** Preprocessing steps of the page that `model.stage(name, …)` times. */
  stages: v.optional(v.pipe(v.array(Name), v.maxLength(32), distinct)),
  automation: v.optional(AutomationSchema, { level: 'assist' }),
  labels: v.optional(Labels),
  /** What a new version is judged by while it is rolled out. */
  guardrails: v.optional(v.pipe(v.array(Guardrail), v.maxLength(32))),
  alarm: v.optional(AlarmPolicy),
  notes: v.optional(v.pipe(v.string(), v.maxLength(4000))),
});

export type ModelSpec = v.InferOutput<typeof ModelSpecSchema>;
/** A spec as its author writes it, defaults left out. */
export type ModelSpecInput = v.InferInput<typeof ModelSpecSchema>;
export type InputSpec = ModelSpec['inputs'][number];
export type OutputSpec = ModelSpec['outputs'][number];
export type AlarmPolicy = v.InferOutput<typeof AlarmPolicy>;
export type AutomationLevel = (typeof AUTOMATION_LEVELS)[number];

/**
 * Checks a spec and fills in its defaults.
 * @throws SiskinError `spec_invalid` naming the path of each fault.
 */
export function parseSpec(value: unknown): ModelSpec {
  const result = v.safeParse(ModelSpecSchema, value);
  if (!result.success)
    throw new SiskinError('spec_invalid', `the model spec is invalid: ${issuesOf(result.issues)}`);
  const names = result.output.inputs.map((input) => input.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new SiskinError(
      'spec_invalid',
      `the model spec is invalid: inputs: "${twice}" is named twice`,
    );
  }
  return result.output;
}

/** Validation issues as one line: `path: what is wrong; path: …`, at most five of them. */
export function issuesOf(issues: readonly v.BaseIssue<unknown>[]): string {
  const lines = issues.slice(0, 5).map((issue) => {
    const path = v.getDotPath(issue as never);
    return path === null ? issue.message : `${path}: ${issue.message}`;
  });
  if (issues.length > 5) lines.push(`and ${issues.length - 5} more`);
  return lines.join('; ');
}
