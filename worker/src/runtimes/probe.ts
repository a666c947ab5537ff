/** Is there a GPU worth importing 27 MB of runtime for? Asked before anything is imported. */
import type { Fallback } from '@siskin/protocol';

export type Probe = 'ok' | Extract<Fallback, 'no-adapter' | 'software-adapter'>;

/**
 * @param gpu `navigator.gpu`, undefined where there is no WebGPU.
 * @param allowSoftware a software adapter counts too: correct, but slower than WASM.
 */
export async function probeGpu(gpu: GPU | undefined, allowSoftware: boolean): Promise<Probe> {
  // A GPU process that has crashed too often rejects instead of answering null.
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (adapter === null || adapter === undefined) return 'no-adapter';
  return isSoftware(adapter) && !allowSoftware ? 'software-adapter' : 'ok';
}

/** The flag moved from the adapter to its info: https://gpuweb.github.io/gpuweb/#gpuadapterinfo */
function isSoftware(adapter: GPUAdapter): boolean {
  const { isFallbackAdapter } = adapter as { isFallbackAdapter?: boolean };
  return adapter.info?.isFallbackAdapter ?? isFallbackAdapter ?? false;
}
