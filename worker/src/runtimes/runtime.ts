/** The one interface behind which onnxruntime-web and TensorFlow.js stand. */
import type { Backend, ModelSpec, Tensor, Tensors } from '@siskin/protocol';

/** A model version's files, by the names its spec gives them; the first of `spec.files` is the model. */
export type ModelFiles = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

export interface TensorInfo {
  name: string;
  type: Tensor['type'];
  /** null: dynamic. */
  shape: readonly (number | null)[];
}

export interface Session {
  readonly backend: Backend;
  /** Graph inputs and outputs in the graph's order. */
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly string[];
  /** Inputs by graph name → every output by graph name. Never called concurrently by the engine. */
  run(inputs: Tensors): Promise<Tensors>;
  /** Frees what the session holds; not called while `run` is pending. */
  dispose(): Promise<void>;
}

export interface Runtime {
  readonly backend: Backend;
  /** @throws whatever the library throws; the loader types it. */
  create(spec: ModelSpec, files: ModelFiles): Promise<Session>;
}
