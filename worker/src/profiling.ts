/** Composes what a reference profile is made of: rows → features and answers → series → counts. */
import {
  type Catalogue,
  catalogueOf,
  type DataSeries,
  type ModelSpec,
  messageOf,
  type Pca,
  parseProfile,
  type ReferenceProfile,
  SERIES,
  SiskinError,
  type Tensors,
} from '@siskin/protocol';
import type { Input } from './api.ts';
import { type Answer, createReader } from './decision/answer.ts';
import { createExtractor } from './extractors/extractor.ts';
import type { FeatureSink } from './features.ts';
import { Counter } from './profiler/counter.ts';
import { observeOutcome, observeOutput } from './profiler/observe.ts';
import { RowEncoder, reconstructionError } from './profiler/reconstruction.ts';
import { learnComponents } from './reference/components.ts';
import {
  featureSeries,
  type Labelled,
  numericSeries,
  outcomeSeries,
} from './reference/definitions.ts';
import { Extremes, Tee } from './reference/feeds.ts';
import { type Candidate, telling } from './reference/golden.ts';
import { metricsOf, outcomesOf } from './reference/outcomes.ts';
import { Reservoir, randomFrom } from './reference/reservoir.ts';
import { Sample } from './reference/sample.ts';
import type { Session } from './runtimes/runtime.ts';

/** What a graph is to those who only run it. */
export type Graph = Pick<Session, 'inputs' | 'outputs' | 'run'>;

export interface ReferenceRow {
  input: Input;
  /** What the answer should have been; null where it is not known, or the model has learnt it. */
  truth?: string | number | null;
}

/** Read twice where there are too many rows to hold: every call starts anew, with the same rows. */
export type Rows<R> = () => Iterable<readonly R[]> | AsyncIterable<readonly R[]>;

export interface ProfileOptions<R> {
  /** What the rows are, for a person: data set, split, seed. */
  source: string;
  /** Held-out figures, where the publisher has some beside those that the truths give. */
  metrics?: Record<string, number>;
  /** Share of the inputs' variance that the principal components keep; 0: no components. .65. */
  keep?: number;
  /** Rows that are held, and that series are learnt from, at most. 2²⁰. */
  sampled?: number;
  /** Where a row is from, for the message about what is wrong with it. */
  place?(row: R): string;
}

export interface Profiled {
  profile: ReferenceProfile;
  /** Rows that would make good cases of a self-test. */
  cases: Candidate[];
}

type Spec = Pick<ModelSpec, 'name' | 'version' | 'inputs' | 'outputs'>;

/** Rows of which the cases of a self-test are picked. */
const CANDIDATES = 200;
/** A profile of the same rows is the same profile. */
const SEED = 1;

/**
 * The profile of reference rows, and of the model's answers to them.
 * @param graph without it only the inputs are profiled.
 * @throws SiskinError `input_invalid` for a row that the spec does not take, `prediction_failed` for
 *   an answer that it does not describe, `profile_invalid` if there is no row.
 */
export async function profileOf<R extends ReferenceRow>(
  spec: Spec,
  graph: Graph | undefined,
  rows: Rows<R>,
  options: ProfileOptions<R>,
): Promise<Profiled> {
  const look = await createLook(spec, graph, options);
  const random = randomFrom(SEED);
  const sample = new Sample(random, options.sampled);
  const golden = new Reservoir(CANDIDATES, random);
  const candidates: Candidate[] = [];
  const labelled: (Labelled | undefined)[] = [];
  for await (const batch of rows()) {
    for (const row of batch) {
      const at = sample.next();
      if (at === undefined) continue;
      const looked = look(row, sample);
      const seen = looked instanceof Promise ? await looked : undefined;
      labelled[at] = labelledOf(row, seen?.answer);
      const place = seen && golden.next();
      if (place !== undefined) candidates[place] = seen!;
    }
  }
  if (sample.seen === 0) {
    throw new SiskinError(
      'profile_invalid',
      'the reference profile has no rows: give it reference data to learn from',
    );
  }

  const known = labelled.filter((one) => one !== undefined);
  const features = featureSeries(spec, sample);
  const keep = options.keep ?? 0.65;
  const pca = keep > 0 ? learnComponents(features, sample, keep) : undefined;
  const errors = pca && errorsOf(pca, features, sample);
  const series = [
    ...features,
    ...(errors === undefined ? [] : [numericSeries(SERIES.reconstruction, errors)]),
    ...outcomeSeries(spec, known),
  ];
  const counted = sample.whole
    ? countSample(spec, series, sample, errors, known)
    : await countRows(spec, series, pca, rows, look);
  const outcomes = outcomesOf(spec.outputs[0]!, counted.counts);
  const profile = parseProfile({
    v: 1,
    source: options.source,
    n: sample.seen,
    series: counted.series.map((definition) => ({
      definition,
      counts: counted.counts[definition.name] ?? [],
    })),
    metrics: { ...metricsOf(known, counted.counts), ...options.metrics },
    ...(pca !== undefined && { pca }),
    ...(outcomes !== undefined && { outcomes }),
  });
  return { profile, cases: telling(candidates) };
}

/** One row as a device would see it; its features and its answer's go into `sink`. */
type Look<R> = (row: R, sink: FeatureSink) => Promise<Candidate & { answer: Answer }> | undefined;

async function createLook<R extends ReferenceRow>(
  spec: Spec,
  graph: Graph | undefined,
  { place }: ProfileOptions<R>,
): Promise<Look<R>> {
  const names = graph?.inputs.map((input) => input.name) ?? ['x'];
  const extract = await createExtractor(spec, names);
  const read = graph && createReader(spec, graph.outputs);
  const failed = (row: R, thrown: unknown): SiskinError => {
    const at = place === undefined ? '' : `${place(row)}: `;
    const code = thrown instanceof SiskinError ? thrown.code : 'prediction_failed';
    return new SiskinError(code, `${at}${messageOf(thrown)}`, { cause: thrown });
  };
  const answer = async (row: R, inputs: Tensors, sink: FeatureSink) => {
    try {
      const outputs = await graph!.run(inputs);
      const answer = read!(outputs);
      observeOutput(sink, answer);
      return { inputs, outputs, answer };
    } catch (thrown) {
      throw failed(row, thrown);
    }
  };
  return (row, sink) => {
    let inputs: Tensors;
    try {
      inputs = extract(row.input, sink);
    } catch (thrown) {
      throw failed(row, thrown);
    }
    return graph && answer(row, inputs, sink);
  };
}

function labelledOf({ truth }: ReferenceRow, answer: Answer | undefined): Labelled | undefined {
  if (answer === undefined || answer.empty || truth === undefined || truth === null) return;
  const { label, confidence, value } = answer;
  return { label, confidence, value, truth };
}

/** Of each row of the sample, how far it lies from what the components can rebuild of it. */
function errorsOf(pca: Pca, series: readonly DataSeries[], sample: Sample): Float64Array {
  const encoder = new RowEncoder(pca, series);
  return Float64Array.from({ length: sample.size }, (_, row) => {
    sample.replay(row, encoder);
    return reconstructionError(pca, encoder.take());
  });
}

interface Counted {
  series: readonly DataSeries[];
  counts: Readonly<Record<string, number[]>>;
}

function counterOf(spec: Spec, catalogue: Catalogue): Counter {
  const { name: model, version } = spec;
  return new Counter({ model, version, arm: 'champion', sequence: 0 }, catalogue);
}

function countSample(
  spec: Spec,
  series: readonly DataSeries[],
  sample: Sample,
  errors: Float64Array | undefined,
  labelled: readonly Labelled[],
): Counted {
  const counter = counterOf(spec, catalogueOf(spec, series));
  for (let row = 0; row < sample.size; row++) sample.replay(row, counter);
  if (errors !== undefined) counter.numbers(SERIES.reconstruction, errors);
  for (const one of labelled) observeOutcome(counter, one, one.truth);
  return { series, counts: counter.toEntry()?.series ?? {} };
}

/** Of more rows than are held: read again, and the range learnt from all of them. */
async function countRows<R extends ReferenceRow>(
  spec: Spec,
  learnt: readonly DataSeries[],
  pca: Pca | undefined,
  rows: Rows<R>,
  look: Look<R>,
): Promise<Counted> {
  const open = learnt.map((one) =>
    'min' in one ? { ...one, min: -Number.MAX_VALUE, max: Number.MAX_VALUE } : one,
  );
  const counter = counterOf(spec, catalogueOf(spec, open));
  const extremes = new Extremes();
  const encoder = pca && new RowEncoder(pca, learnt);
  const sink = new Tee(encoder === undefined ? [counter, extremes] : [counter, extremes, encoder]);
  for await (const batch of rows()) {
    for (const row of batch) {
      const looked = look(row, sink);
      const answer = looked instanceof Promise ? (await looked).answer : undefined;
      if (encoder !== undefined) {
        sink.number(SERIES.reconstruction, reconstructionError(pca!, encoder.take()));
      }
      const labelled = labelledOf(row, answer);
      if (labelled !== undefined) observeOutcome(counter, labelled, labelled.truth);
    }
  }
  const series = learnt.map((one) => ('min' in one ? { ...one, ...extremes.of(one.name) } : one));
  return { series, counts: counter.toEntry()?.series ?? {} };
}
