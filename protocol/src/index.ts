/** What crosses between browser and collector, and the arithmetic both ends must do alike. */
export * from './batch.ts';
export * from './bins.ts';
export * from './bucketing.ts';
export * from './errors.ts';
export * from './histogram.ts';
export * from './keys.ts';
export * from './manifest.ts';
export * from './pca.ts';
export * from './profile.ts';
export * from './seal.ts';
export * from './selftest.ts';
export * from './series.ts';
export * from './signature.ts';
export * from './spec.ts';
export * from './targeting.ts';
export * from './tensor.ts';
