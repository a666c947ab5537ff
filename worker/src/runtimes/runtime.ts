/** The one interface behind which onnxruntime-web and TensorFlow.js stand. */
import type { Backend, Fallback, ModelSpec, Tensor, Tensors } from '@siskin/protocol';

/** A model version's files, by the names its spec gives them; the first of `spec.files` is the model. */
export type ModelFiles = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

export interface TensorInfo {
  name: string;
  type: Tensor['type'];
  /** null: dynamic. Empty: a scalar, or a shape that the graph does not tell. */
  shape: readonly (number | null)[];
}

export interface Session {
  readonly backend: Backend;
  /** Graph inputs and outputs in the graph's order. */
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly string[];
  /**
   * Inputs by graph name → every output by graph name. Inputs are read, never kept; each output owns
   * its buffer, so that it can be transferred. Never called concurrently by the engine; sessions that
   * share a GPU take turns among themselves, because overlapping runs freeze the worker.
   */
  run(inputs: Tensors): Promise<Tensors>;
  /** Frees what the session holds; not called while `run` is pending. */
  dispose(): Promise<void>;
}

export interface Runtime {
  readonly backend: Backend;
  /** @throws whatever the library throws; the loader types it. */
  create(spec: ModelSpec, files: ModelFiles): Promise<Session>;
}

export interface RuntimeOptions {
  /** Base URL of the runtimes' .wasm files, where the bundler does not place them itself. */
  assets?: string | undefined;
  /** Threads of onnxruntime-web on WASM; counts on cross-origin isolated pages only. Default 1. */
  threads?: number | undefined;
}

/** A backend that may run a model; its runtime is fetched by the first `import()`. */
export interface Candidate {
  backend: Backend;
  import(): Promise<Runtime>;
}

export interface Choice {
  /** Most wanted first. */
  candidates: readonly Candidate[];
  /** Why the GPU is not among them. */
  fallback?: Fallback;
}
