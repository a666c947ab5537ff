/** The backends of TensorFlow.js, each a package of its own that is imported when it is wanted. */
import { SiskinError } from '@siskin/protocol';
import * as tf from '@tensorflow/tfjs-core';
import type { RuntimeOptions } from './runtime.ts';

export type TfjsBackend = 'webgpu' | 'wasm' | 'webgl' | 'cpu';

const IMPORTS: Record<TfjsBackend, (options: RuntimeOptions) => Promise<unknown>> = {
  webgpu: () => import('@tensorflow/tfjs-backend-webgpu'),
  wasm: importWasm,
  webgl: () => import('@tensorflow/tfjs-backend-webgl'),
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
};

/** Makes `backend` the active one. @throws SiskinError `runtime_failed` if it does not start. */
export async function useBackend(backend: TfjsBackend, options: RuntimeOptions): Promise<void> {
  if (tf.getBackend() === backend) return;
  if (tf.findBackendFactory(backend) === null) {
    tf.enableProdMode();
    await IMPORTS[backend](options);
  }
  if (tf.findBackendFactory(backend) !== null && (await tf.setBackend(backend))) return;
  throw new SiskinError(
    'runtime_failed',
    `the ${backend} backend of TensorFlow.js did not start here: see the console for its reason`,
    { retryable: backend === 'wasm' },
  );
}

/** Every browser that runs this package has SIMD. */
const BINARY = 'tfjs-backend-wasm-simd.wasm';

async function importWasm({ assets }: RuntimeOptions): Promise<void> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  // Its threaded build breaks when minified and hangs where blob workers are forbidden.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  // In Node the package finds its files itself.
  if (tf.env().getBool('IS_NODE')) return;
  // Bundlers follow this expression, package name included, and place the file.
  const placed = () =>
    new URL('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm', import.meta.url);
  const { href } = assets === undefined ? placed() : new URL(BINARY, assets);
  setWasmPaths({
    'tfjs-backend-wasm.wasm': href,
    'tfjs-backend-wasm-simd.wasm': href,
    'tfjs-backend-wasm-threaded-simd.wasm': href,
  });
}
