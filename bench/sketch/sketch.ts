/** What is asked of a sketch of numbers, whoever wrote it. */
import type { NumericSeries } from './cases.ts';

/** @typeParam T what counts. @typeParam M what is sent and merged; often the same. */
export interface Sketch<T, M> {
  name: string;
  /** Whether it takes values below 0. */
  signed: boolean;
  create(series: NumericSeries): T;
  /** One value at a time, by a loop of its own, which an engine optimises for this sketch alone. */
  insert(into: T, values: Float64Array): void;
  /** The same where the sketch is one of many, found by its name for every value. */
  insertByName(sketches: Map<string, T>, name: string, values: Float64Array): void;
  sent(by: T): M;
  /** In place, where the sketch can. @returns the sum. */
  merge(into: M, other: M): M;
  /** Values it holds: shows that no work was optimised away, and what a merge loses. */
  total(of: M): number;
  wire(of: M): string | Uint8Array;
  /** In the values' unit; undefined where the sketch has no such answer. */
  quantile?(of: M, p: number, series: NumericSeries): number;
}

// biome-ignore lint/suspicious/noExplicitAny: sketches of different kinds stand in one list
export type AnySketch = Sketch<any, any>;
