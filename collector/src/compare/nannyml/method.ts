/** What every method of NannyML is: fitted on the reference once, then asked about chunk after chunk. */

/** @param chunk values that are not missing, ascending, never empty. @returns its distance, maybe NaN. */
export type NumericMethod = (reference: Float64Array) => (chunk: Float64Array) => number;

/** @param reference counts by category; @param chunk likewise. Neither is all 0. */
export type CategoricalMethod = (reference: Float64Array) => (chunk: Float64Array) => number;
