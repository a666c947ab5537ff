/** Which backends may run a model here, most wanted first, each imported only when its turn comes. */
import type { Backend, ModelSpec } from '@siskin/protocol';
import { probeGpu } from './probe.ts';
import type { Candidate, Choice, Runtime, RuntimeOptions } from './runtime.ts';

type Format = ModelSpec['format'];
type Import = (options: RuntimeOptions) => Promise<Runtime>;

const tfjs =
  (backend: 'webgpu' | 'wasm' | 'webgl' | 'cpu'): Import =>
  async (options) =>
    (await import('./tfjs.ts')).createRuntime(backend, options);

const IMPORTS: Record<Format, Partial<Record<Backend, Import>>> = {
  onnx: {
    webgpu: async (options) => (await import('./ort-webgpu.ts')).createRuntime(options),
    wasm: async (options) => (await import('./ort-wasm.ts')).createRuntime(options),
  },
  tfjs: {
    webgpu: tfjs('webgpu'),
    wasm: tfjs('wasm'),
    webgl: tfjs('webgl'),
    cpu: tfjs('cpu'),
  },
};

export interface ChooseOptions extends RuntimeOptions {
  /** Allowed backends, most wanted first. */
  backends: readonly Backend[];
  allowSoftwareGpu: boolean;
  /** `navigator.gpu`. */
  gpu: GPU | undefined;
}

/** Backends that the format has no runtime for, or this device no GPU for, are left out. */
export async function choose(format: Format, options: ChooseOptions): Promise<Choice> {
  const { backends, allowSoftwareGpu, gpu, assets, threads } = options;
  const probe = backends.includes('webgpu') ? await probeGpu(gpu, allowSoftwareGpu) : 'not-allowed';
  const candidates = backends.flatMap((backend): Candidate[] => {
    const load = IMPORTS[format][backend];
    if (load === undefined || (backend === 'webgpu' && probe !== 'ok')) return [];
    return [{ backend, import: () => load({ assets, threads }) }];
  });
  return probe === 'ok' ? { candidates } : { candidates, fallback: probe };
}
