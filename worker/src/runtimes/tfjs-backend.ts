/** The backends of TensorFlow.js, each a package of its own that is imported when it is wanted. */
import { messageOf, SiskinError } from '@siskin/protocol';
import * as tf from '@tensorflow/tfjs-core';
import type { RuntimeOptions } from './runtime.ts';

export type TfjsBackend = 'webgpu' | 'wasm' | 'webgl' | 'cpu';

const IMPORTS: Record<TfjsBackend, (options: RuntimeOptions) => Promise<unknown>> = {
  webgpu: () => import('@tensorflow/tfjs-backend-webgpu'),
  wasm: importWasm,
  webgl: () => import('@tensorflow/tfjs-backend-webgl'),
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
};

/** `tf.getBackend()` would also name one that has failed to start. */
let active: TfjsBackend | undefined;

/** Makes `backend` the active one. @throws SiskinError `runtime_failed` if it does not start. */
export async function useBackend(backend: TfjsBackend, options: RuntimeOptions): Promise<void> {
  if (active === backend) return;
  active = undefined;
  if (tf.findBackendFactory(backend) === null) {
    tf.enableProdMode();
    await IMPORTS[backend](options);
  }
  if (tf.findBackendFactory(backend) !== null && (await tf.setBackend(backend))) {
    active = backend;
    return;
  }
  const cause = await reasonOf(backend);
  throw new SiskinError(
    'runtime_failed',
    `TensorFlow.js did not start on ${backend}: ${messageOf(cause)}`,
    // Its .wasm file may come another time; a GPU that is not there will not.
    { cause, retryable: backend === 'wasm' },
  );
}

/** The library answers false and keeps the reason to itself: what it caught is thrown once more. */
async function reasonOf(backend: TfjsBackend): Promise<Error> {
  const factory = tf.findBackendFactory(backend);
  if (factory === null) return new Error('this browser does not have it');
  try {
    await factory();
    return new Error('it failed at first: try again');
  } catch (thrown) {
    // The WASM backend throws plain objects.
    return new Error((thrown as { message?: string })?.message ?? String(thrown));
  }
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
