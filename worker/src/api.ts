/**
 * What crosses between the page and its worker. Types only: both ends import this file and it
 * imports nothing but the protocol's types. Errors cross as data, because comlink (as structured
 * clone) drops an error's class, code and cause.
 */
import type {
  Arm,
  Backend,
  Decision,
  ErrorData,
  Fallback,
  ModelSpec,
  Signal,
  Tensor,
  Tensors,
} from '@siskin/protocol';

export interface EngineConfig {
  app: string;
  /** The publishable write key; empty without a collector. */
  key: string;
  /** Base URL of the collector, ending in "/"; absent: `manifest` is there, and `consent` is never. */
  collector?: string;
  /** Ed25519 keys, base64, one of which must have signed the manifest, or a list of keys. */
  publicKeys: readonly string[];
  /** Where the manifest is, if not at the collector. */
  manifest?: string;
  /** The least sequence of a manifest that is taken. */
  minSequence?: number;
  /** Allowed backends, most wanted first. */
  backends: readonly Backend[];
  /** Take a software WebGPU adapter too: for tests, it is slower than WASM. */
  allowSoftwareGpu: boolean;
  /** Base URL of the runtimes' .wasm files, where the bundler does not place them itself. */
  assets?: string;
  consent: boolean;
  /** Name of this device's storage, if not the app's: several devices in one process have several. */
  storage?: string;
  /** Length of a telemetry window, ms. */
  windowMs: number;
  /** How often the manifest is fetched anew, ms. */
  pollMs: number;
}

export type Reply<T> = { ok: true; value: T } | { ok: false; error: ErrorData };

export type Progress =
  | { phase: 'manifest' }
  /** Bytes; over all files of the version. */
  | { phase: 'download'; received: number; total: number }
  | { phase: 'compile'; backend: Backend }
  | { phase: 'warmup'; backend: Backend }
  | { phase: 'ready'; backend: Backend };

export interface ModelInfo {
  model: string;
  version: string;
  arm: Arm;
  /** Sequence of the manifest that chose this version. */
  sequence: number;
  backend: Backend;
  /** Why a preferred backend was not used. */
  fallback?: Fallback;
  spec: ModelSpec;
  /** The model is switched off: nothing runs, and the person decides. */
  off?: true;
}

/** Pixels, row-major: 1, 3 (RGB) or 4 (RGBA, alpha ignored) bytes each, told by the length. */
export interface Pixels {
  data: Uint8ClampedArray | Uint8Array;
  width: number;
  height: number;
}
export type ImageValue = Pixels | ImageBitmap;
/** Mono samples in −1 … 1 with their rate per second; bare samples have the spec's rate. */
export interface Sound {
  data: Float32Array;
  sampleRate: number;
}
export type InputValue =
  | number
  | string
  | boolean
  | null
  | undefined
  | ImageValue
  | Sound
  | Tensor
  | Tensor['data'];
/** Values by input name; a model of one input also takes the bare value. */
export type Input = Readonly<Record<string, InputValue>> | InputValue;

export interface Timings {
  /** Milliseconds: waiting for the session, preparing tensors, the model itself, and all of it. */
  queue: number;
  prepare: number;
  run: number;
  total: number;
}

export interface PredictionData {
  /** Keep it to tell the outcome later: `siskin.outcome(id, label)`. It never leaves the device. */
  id: string;
  /**
   * Classification: probabilities in the order of the labels. Regression: the number. Else: the tensor.
   * null where the model is switched off.
   */
  output: Float32Array | number | Tensor | null;
  /** Every output of the graph by name. */
  tensors: Tensors;
  label: string | null;
  /** Probability of the label, 0 … 1; null where the model gives none. */
  confidence: number | null;
  decision: Decision;
  model: string;
  version: string;
  arm: Arm;
  backend: Backend;
  timings: Timings;
}

export type EngineEvent =
  | { type: 'manifest'; sequence: number }
  | { type: 'swap'; model: string; from: string; to: string; info: ModelInfo }
  | { type: 'error'; error: ErrorData }
  | { type: 'batch'; id: string; state: 'sealed' | 'sent' | 'delayed' | 'refused'; code?: string };

export interface EngineApi {
  start(config: EngineConfig, onEvent: (event: EngineEvent) => void): Promise<Reply<void>>;
  load(
    call: string,
    model: string,
    onProgress?: (progress: Progress) => void,
  ): Promise<Reply<ModelInfo>>;
  predict(call: string, model: string, input: Input): Promise<Reply<PredictionData>>;
  /**
   * Predicts when nobody waits, for the person's own decision to be compared with: the answer stays
   * here, and its id goes back.
   */
  shadow(call: string, model: string, input: Input): Promise<Reply<{ id: string }>>;
  /** Gives up a `load` or a queued `predict`; a run that has begun is finished and its answer dropped. */
  cancel(call: string): void | Promise<void>;
  feedback(prediction: string, signal: Signal, label?: string): Promise<Reply<void>>;
  outcome(prediction: string, label: string | number): Promise<Reply<void>>;
  /** A preprocessing step of the page took so many ms, or failed. */
  stage(model: string, stage: string, ms: number, failed: boolean): Promise<Reply<void>>;
  /** Seals the open window and sends what waits; `closing`: the page may vanish at any moment. */
  flush(closing: boolean): Promise<Reply<{ waiting: number }>>;
  setConsent(consent: boolean): Promise<Reply<void>>;
  /** What was counted and waits to be sent: exactly the batches. */
  inspect(): Promise<Reply<unknown[]>>;
  close(): Promise<Reply<void>>;
}
