/**
 * A distance of NannyML: fitted on the reference once, then asked about chunk after chunk. Of numbers
 * both are what is not missing, ascending; of categories how often each occurs. Neither is ever empty.
 * @returns maybe NaN, where infinities leave nothing to say.
 */
export type Method = (reference: Float64Array) => (chunk: Float64Array) => number;
