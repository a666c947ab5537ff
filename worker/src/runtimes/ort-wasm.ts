/** onnxruntime-web on WASM: 14 MB, every operator, any browser. */
import * as ort from 'onnxruntime-web/wasm';
import { createOrt } from './ort.ts';
import type { Runtime, RuntimeOptions } from './runtime.ts';

/** Runs in one thread do not overlap: no queue. */
export function createRuntime(options: RuntimeOptions): Runtime {
  return createOrt({ ort, backend: 'wasm', binary: 'ort-wasm-simd-threaded', options });
}
