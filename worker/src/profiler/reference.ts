/**
 * The reference profile of a model version, made by the very code that counts on devices: rows of
 * reference data go through the extractor and `observeOutput` into a {@link ReferenceRecorder}, which
 * learns each series' definition from what it saw and then counts it.
 */
import {
  catalogueOf,
  type DataSeries,
  type ModelSpec,
  parseProfile,
  type ReferenceProfile,
  SERIES,
  SiskinError,
} from '@siskin/protocol';
import type { FeatureSink } from '../features.ts';
import { Counter } from './counter.ts';
import { learnTransform } from './transform.ts';

type Column =
  | { kind: 'number'; values: (number | null | undefined)[] }
  | { kind: 'category'; values: (string | null | undefined)[] };

/** Shares by their nature: equal bins on [0, 1] without a reference. */
const UNIT: ReadonlySet<string> = new Set([SERIES.confidence, SERIES.margin, SERIES.entropy]);

export class ReferenceRecorder implements FeatureSink {
  readonly #spec: Pick<ModelSpec, 'name' | 'version' | 'inputs' | 'outputs'>;
  /** In the order in which they were first met: inputs as in the spec, then outputs. */
  readonly #columns = new Map<string, Column>();

  constructor(spec: Pick<ModelSpec, 'name' | 'version' | 'inputs' | 'outputs'>) {
    this.#spec = spec;
  }

  number(name: string, value: number | null | undefined): void {
    const column = this.#columns.get(name);
    if (column?.kind === 'number') column.values.push(value);
    else this.#columns.set(name, { kind: 'number', values: [value] });
  }

  category(name: string, value: string | null | undefined): void {
    const column = this.#columns.get(name);
    if (column?.kind === 'category') column.values.push(value);
    else this.#columns.set(name, { kind: 'category', values: [value] });
  }

  /**
   * @param about.source what the reference is, for a person: data set, split, seed.
   * @param about.n rows that were recorded.
   * @throws SiskinError `profile_invalid` if nothing was recorded.
   */
  profile(about: {
    source: string;
    n: number;
    metrics?: Record<string, number>;
  }): ReferenceProfile {
    const definitions = this.#definitions();
    const { name, version } = this.#spec;
    const counter = new Counter(
      { model: name, version, arm: 'champion', sequence: 0 },
      catalogueOf(this.#spec, definitions),
    );
    for (const [series, column] of this.#columns) {
      if (column.kind === 'number')
        for (const value of column.values) counter.number(series, value);
      else for (const value of column.values) counter.category(series, value);
    }
    const counts = counter.toEntry()?.series ?? {};
    return parseProfile({
      v: 1,
      ...about,
      series: definitions.map((definition) => ({
        definition,
        counts: counts[definition.name] ?? [],
      })),
    });
  }

  #definitions(): DataSeries[] {
    const outputs = outputSeries(this.#spec.outputs[0]!.kind);
    const definitions: DataSeries[] = [];
    for (const [name, column] of this.#columns) {
      if (!name.startsWith(SERIES.input('')) && !outputs.has(name)) continue;
      if (column.kind === 'category')
        definitions.push({ name, kind: 'category', categories: this.#known(name) });
      else if (UNIT.has(name)) definitions.push({ name, kind: 'unit' });
      else definitions.push({ name, kind: 'numeric', ...learnTransform(column.values) });
    }
    if (definitions.length === 0) {
      throw new SiskinError(
        'profile_invalid',
        'the reference profile has no rows: give it reference data to learn from',
      );
    }
    return definitions;
  }

  /** The allow-list of a category: only what the spec names is ever counted by name. */
  #known(series: string): string[] {
    const [output] = this.#spec.outputs;
    if (series === SERIES.label && output?.kind === 'classification') return [...output.labels];
    for (const input of this.#spec.inputs) {
      if (input.kind === 'categorical' && SERIES.input(input.name) === series)
        return [...input.categories];
    }
    throw new TypeError(`the spec names no categories for series "${series}"`);
  }
}

/** What an output of this kind is counted by. */
function outputSeries(kind: ModelSpec['outputs'][number]['kind']): ReadonlySet<string> {
  switch (kind) {
    case 'classification':
      return new Set([SERIES.label, ...UNIT]);
    case 'regression':
      return new Set([SERIES.value, SERIES.residual]);
    case 'tensor':
      return new Set();
  }
}
