/** The thin surface on the main thread. Importing it does no work and is safe on a server. */
export type { Backend, Decision, ErrorCode, ModelSpec, Signal, Tensor } from '@siskin/protocol';
export { SiskinError } from '@siskin/protocol';
export type { Input, ModelInfo, Pixels, Progress, Timings } from '@siskin/worker';
export { createSiskin, type EventOf, type LoadOptions, type Siskin } from './client.ts';
export type { PageInput } from './input.ts';
export type { Model, PredictOptions } from './model.ts';
export type { SiskinOptions } from './options.ts';
export type { Prediction, ShadowPrediction } from './prediction.ts';
