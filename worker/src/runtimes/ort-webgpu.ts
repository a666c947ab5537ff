/** onnxruntime-web on its native WebGPU execution provider: 27 MB. */
import * as ort from 'onnxruntime-web/webgpu';
import { createOrt } from './ort.ts';
import { createQueue } from './queue.ts';
import type { Runtime, RuntimeOptions } from './runtime.ts';

/** Shared by all sessions: a version that warms up must not overlap with the one that answers. */
const queue = createQueue();

export function createRuntime(options: RuntimeOptions): Runtime {
  const binary = 'ort-wasm-simd-threaded.asyncify';
  return createOrt({ ort, backend: 'webgpu', binary, options, queue });
}
