/** Which series a reference has, and how their values are placed in bins: learnt from its rows. */
import { type DataSeries, type ModelSpec, SERIES } from '@siskin/protocol';
import { NumberColumn, type Sample } from './sample.ts';
import { learnTransform, quantile } from './transform.ts';

type Spec = Pick<ModelSpec, 'inputs' | 'outputs'>;

/** Shares by their nature: equal bins on [0, 1] without a reference. */
const UNIT: ReadonlySet<string> = new Set([SERIES.confidence, SERIES.margin, SERIES.entropy]);

/** Bands of the predicted value with about as many residuals each. */
const BANDS = 8;

/** A prediction whose truth is known. */
export interface Labelled {
  label: string | null;
  confidence: number | null;
  value: number | null;
  truth: string | number;
}

/** Inputs and outputs, in the order in which the rows have them. */
export function featureSeries(spec: Spec, sample: Sample): DataSeries[] {
  const outputs = outputSeries(spec.outputs[0]?.kind);
  const definitions: DataSeries[] = [];
  for (const [name, column] of sample.columns) {
    if (!name.startsWith(SERIES.input('')) && !outputs.has(name)) continue;
    if (!(column instanceof NumberColumn)) {
      definitions.push({ name, kind: 'category', categories: categoriesOf(spec, name) });
    } else if (UNIT.has(name)) definitions.push({ name, kind: 'unit' });
    else definitions.push(numericSeries(name, column.known(sample.size)));
  }
  return definitions;
}

/** What predictions of known truth are counted by, beside the tables that every version has. */
export function outcomeSeries(spec: Spec, labelled: readonly Labelled[]): DataSeries[] {
  const [output] = spec.outputs;
  if (labelled.length === 0 || output === undefined) return [];
  if (output.kind === 'classification') {
    return [{ name: SERIES.truth, kind: 'category', categories: [...output.labels] }];
  }
  const known = labelled.flatMap(({ value, truth }) =>
    value !== null && Number.isFinite(value) && typeof truth === 'number' ? [{ value, truth }] : [],
  );
  if (output.kind !== 'regression' || known.length === 0) return [];
  const residuals = known.map(({ value, truth }) => truth - value);
  const residual = numericSeries(SERIES.residual, residuals);
  return [
    residual,
    {
      ...residual,
      name: SERIES.residualByValue,
      kind: 'banded',
      edges: edgesOf(known.map(({ value }) => value)),
    },
    numericSeries(
      SERIES.truth,
      known.map(({ truth }) => truth),
    ),
  ];
}

export function numericSeries(
  name: string,
  values: Iterable<number | null>,
): Extract<DataSeries, { kind: 'numeric' }> {
  return { name, kind: 'numeric', ...learnTransform(values) };
}

/** Quantiles that cut the values in bands of about as many; fewer where values coincide. */
function edgesOf(values: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  const edges = Array.from({ length: BANDS - 1 }, (_, i) => quantile(sorted, (i + 1) / BANDS));
  return [...new Set(edges)];
}

/** The allow-list of a category: only what the spec names is ever counted by name. */
function categoriesOf(spec: Spec, series: string): string[] {
  const [output] = spec.outputs;
  if (series === SERIES.label && output?.kind === 'classification') return [...output.labels];
  for (const input of spec.inputs) {
    if (input.kind === 'categorical' && SERIES.input(input.name) === series)
      return [...input.categories];
  }
  throw new TypeError(`the spec names no categories for series "${series}"`);
}

/** What an output of this kind is counted by. */
function outputSeries(kind: ModelSpec['outputs'][number]['kind'] | undefined): ReadonlySet<string> {
  switch (kind) {
    case 'classification':
      return new Set([SERIES.label, ...UNIT]);
    case 'regression':
      return new Set([SERIES.value]);
    default:
      return new Set();
  }
}
