/**
 * Which counts exist. A series is a named histogram; a model version's catalogue is a pure function
 * of its spec and its reference profile, so device and collector agree on it without sending it.
 */
import * as v from 'valibot';
import { binCount, IDENTITY, type Transform, UNIT_SIZE } from './bins.ts';
import { ERROR_CODES } from './errors.ts';
import type { ModelSpec, OutputSpec } from './spec.ts';

const Finite = v.pipe(v.number(), v.finite());
const SeriesName = v.pipe(v.string(), v.minLength(1), v.maxLength(160));
const Texts = v.pipe(
  v.array(v.pipe(v.string(), v.maxLength(128))),
  v.minLength(1),
  v.maxLength(1000),
);

/** Signed exponential bins around the reference, {@link binOf}. */
const Numeric = v.strictObject({
  name: SeriesName,
  kind: v.literal('numeric'),
  center: Finite,
  scale: v.pipe(Finite, v.minValue(Number.MIN_VALUE)),
  atoms: v.pipe(v.array(Finite), v.maxLength(100)),
  min: Finite,
  max: Finite,
});
/** Equal bins on [0, 1], missing, invalid: {@link unitBinOf}. */
const Unit = v.strictObject({ name: SeriesName, kind: v.literal('unit') });
/**
 * Bin 0 missing, bin 1 any other category, then one bin per category in this order, so that a list
 * that grows at its end keeps the meaning of what was counted before.
 */
const Category = v.strictObject({
  name: SeriesName,
  kind: v.literal('category'),
  categories: Texts,
});

/**
 * A number in bands of another one: one numeric histogram for each band, one after the other. Band b
 * holds what is above edge b − 1 and not above edge b, {@link bandOf}.
 */
const Banded = v.strictObject({
  ...Numeric.entries,
  kind: v.literal('banded'),
  edges: v.pipe(v.array(Finite), v.minLength(1), v.maxLength(31)),
});

/** Series whose definition is learnt from reference data and travels with the model version. */
export const DataSeriesSchema = v.variant('kind', [Numeric, Unit, Category, Banded]);
export type DataSeries = v.InferOutput<typeof DataSeriesSchema>;
export type BandedSeries = v.InferOutput<typeof Banded>;
/** What one distribution can be compared with another of. */
export type ComparableSeries = Exclude<DataSeries, BandedSeries>;

export function isComparable(series: DataSeries): series is ComparableSeries {
  return series.kind !== 'banded';
}

/** The band of a number, 0 … edges.length. */
export function bandOf(value: number, edges: readonly number[]): number {
  let band = 0;
  while (band < edges.length && value > edges[band]!) band++;
  return band;
}

/** A magnitude without a reference (milliseconds, bytes): numeric bins with z = value. */
export interface MagnitudeSeries {
  name: string;
  kind: 'magnitude';
  unit: 'ms' | 'MiB';
}
/** Pair counts, row-major: bin = row × columns + column. */
export interface TableSeries {
  name: string;
  kind: 'table';
  rows: readonly string[];
  columns: readonly string[];
}

export type Series = DataSeries | MagnitudeSeries | TableSeries;
export type Catalogue = ReadonlyMap<string, Series>;

export function sizeOf(series: Series): number {
  switch (series.kind) {
    case 'numeric':
      return binCount(series);
    case 'magnitude':
      return binCount(IDENTITY);
    case 'banded':
      return (series.edges.length + 1) * binCount(series);
    case 'unit':
      return UNIT_SIZE;
    case 'category':
      return series.categories.length + 2;
    case 'table':
      return series.rows.length * series.columns.length;
  }
}

/** The transform of a numeric or magnitude series. */
export function transformOf(series: Extract<Series, { kind: 'numeric' | 'magnitude' }>): Transform {
  return series.kind === 'numeric' ? series : IDENTITY;
}

export const CATEGORY_MISSING = 0;
export const CATEGORY_OTHER = 1;
export const FIRST_CATEGORY = 2;

/** Lists are long for what is looked up with every prediction. */
const places = new WeakMap<readonly string[], Map<string, number>>();

/** The bin of a category: its own, {@link CATEGORY_OTHER} or {@link CATEGORY_MISSING}. */
export function categoryBinOf(
  value: string | null | undefined,
  categories: readonly string[],
): number {
  if (value === null || value === undefined) return CATEGORY_MISSING;
  let bins = places.get(categories);
  if (bins === undefined) {
    bins = new Map(categories.map((category, i) => [category, FIRST_CATEGORY + i]));
    places.set(categories, bins);
  }
  return bins.get(value) ?? CATEGORY_OTHER;
}

/** The category of a bin; null for missing, undefined for any other. */
export function categoryOf(bin: number, categories: readonly string[]): string | null | undefined {
  return bin === CATEGORY_MISSING ? null : categories[bin - FIRST_CATEGORY];
}

export const BACKENDS = ['webgpu', 'wasm', 'webgl', 'cpu', 'none'] as const;
export type Backend = (typeof BACKENDS)[number];
export const SIGNALS = ['accept', 'redo', 'override', 'switch'] as const;
export type Signal = (typeof SIGNALS)[number];
export const DECISIONS = ['automate', 'assist', 'defer', 'human'] as const;
export type Decision = (typeof DECISIONS)[number];
/** `empty`: NaN, infinity or no elements. */
export const ANSWERS = ['given', 'empty'] as const;
export const CONSISTENCIES = ['agree', 'disagree'] as const;
export const STAGE_RESULTS = ['done', 'failed'] as const;
/** Why the preferred backend was not used. */
export const FALLBACKS = [
  'no-adapter',
  'software-adapter',
  'self-test',
  'failed',
  'not-allowed',
] as const;
export type Fallback = (typeof FALLBACKS)[number];
/** What became of a call: counted in full, or the reason why not. */
export const ACCOUNTS = [
  'counted',
  'failed',
  'clipped',
  'sampled',
  'quota',
  'consent',
  'expired',
  'blocked',
] as const;
export type Account = (typeof ACCOUNTS)[number];

/**
 * What a device reports of itself, at most once each for an arm and a step of a rollout (its salt and its
 * share): units of the judge. A device counts anew when a ramp widens, or a step would have no champions but
 * those that are new; one that the rollout's target leaves out reports nothing.
 */
export const UNIT_EVENTS = [
  'exposed',
  'error',
  'null',
  'redo',
  'override',
  'switch',
  'defer',
  'self-test',
  'load',
  'crash',
] as const;
export type UnitEvent = (typeof UNIT_EVENTS)[number];

/** Series names, by what they describe. */
export const SERIES = {
  predictions: 'predictions',
  label: 'output/label',
  confidence: 'output/confidence',
  margin: 'output/margin',
  entropy: 'output/entropy',
  value: 'output/value',
  /** Whether the graph answered at all. */
  answer: 'output/answer',
  decision: 'output/decision',
  signal: 'user/signal',
  latency: 'software/latency',
  load: 'software/load',
  backend: 'software/backend',
  fallback: 'software/fallback',
  error: 'software/error',
  confusion: 'outcome/confusion',
  reliability: 'outcome/reliability',
  residual: 'outcome/residual',
  /** Of a regression: residuals in bands of the predicted value. */
  residualByValue: 'outcome/residual-by-value',
  /** What the truths were. */
  truth: 'outcome/truth',
  /** Whether what is told again of the same thing agrees with what was told before. */
  consistency: 'outcome/consistency',
  /** How far a row lies from the reference's principal components, {@link Pca}. */
  reconstruction: 'inputs/reconstruction',
  /** Devices, not predictions: {@link UNIT_EVENTS}; then a device's typical latency, load time and confidence. */
  unit: 'unit/event',
  unitLatency: 'unit/latency',
  unitLoad: 'unit/load',
  unitConfidence: 'unit/confidence',
  /** The label that a device got first. */
  unitLabel: 'unit/label',
  /** What champion and shadow said of the same input: pairs of labels, the champion's in rows. */
  shadowPairs: 'shadow/pairs',
  shadowLatency: 'shadow/latency',
  input: (name: string, feature?: string) =>
    feature === undefined ? `input/${name}` : `input/${name}/${feature}`,
  stage: (stage: string) => `stage/${stage}`,
  stageResult: (stage: string) => `stage/${stage}/result`,
} as const;

const category = (name: string, categories: readonly string[]): Series => ({
  name,
  kind: 'category',
  categories: [...categories],
});

/** Beyond this many labels a confusion table would outweigh everything else in a batch. */
const MAX_CONFUSION_LABELS = 64;

function outcomeSeries(output: OutputSpec): Series[] {
  if (output.kind !== 'classification') return [];
  const reliability: Series = {
    name: SERIES.reliability,
    kind: 'table',
    rows: Array.from({ length: UNIT_SIZE }, (_, bin) => String(bin)),
    columns: ['wrong', 'right'],
  };
  if (output.labels.length > MAX_CONFUSION_LABELS) return [reliability];
  const labels = [...output.labels, 'other'];
  return [reliability, { name: SERIES.confusion, kind: 'table', rows: labels, columns: labels }];
}

function unitSeries(output: OutputSpec): Series[] {
  if (output.kind !== 'classification') return [];
  const labels = [...output.labels, 'other'];
  return [
    { name: SERIES.unitConfidence, kind: 'unit' },
    category(SERIES.unitLabel, output.labels),
    { name: SERIES.shadowLatency, kind: 'magnitude', unit: 'ms' },
    ...(output.labels.length > MAX_CONFUSION_LABELS
      ? []
      : [{ name: SERIES.shadowPairs, kind: 'table', rows: labels, columns: labels } as const]),
  ];
}

/**
 * Every series of a model version, by name. Tables have the truth in rows, the prediction in columns.
 * @param data the series of the version's reference profile.
 */
export function catalogueOf(
  spec: Pick<ModelSpec, 'outputs' | 'stages'>,
  data: readonly DataSeries[],
): Catalogue {
  const fixed: Series[] = [
    category(SERIES.predictions, ACCOUNTS),
    category(SERIES.answer, ANSWERS),
    category(SERIES.decision, DECISIONS),
    category(SERIES.signal, SIGNALS),
    category(SERIES.backend, BACKENDS),
    category(SERIES.fallback, FALLBACKS),
    category(SERIES.error, ERROR_CODES),
    { name: SERIES.latency, kind: 'magnitude', unit: 'ms' },
    { name: SERIES.load, kind: 'magnitude', unit: 'ms' },
    category(SERIES.consistency, CONSISTENCIES),
    category(SERIES.unit, UNIT_EVENTS),
    { name: SERIES.unitLatency, kind: 'magnitude', unit: 'ms' },
    { name: SERIES.unitLoad, kind: 'magnitude', unit: 'ms' },
    ...unitSeries(spec.outputs[0]!),
    ...outcomeSeries(spec.outputs[0]!),
    ...(spec.stages ?? []).flatMap((stage): Series[] => [
      { name: SERIES.stage(stage), kind: 'magnitude', unit: 'ms' },
      category(SERIES.stageResult(stage), STAGE_RESULTS),
    ]),
  ];
  return new Map([...fixed, ...data].map((series) => [series.name, series]));
}
