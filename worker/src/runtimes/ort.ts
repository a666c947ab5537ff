/** What both builds of onnxruntime-web have in common. The library itself is passed in. */
import {
  type ModelSpec,
  messageOf,
  SiskinError,
  TENSOR_TYPES,
  type Tensors,
} from '@siskin/protocol';
import type * as Ort from 'onnxruntime-web';
import type { createQueue } from './queue.ts';
import type { ModelFiles, Runtime, RuntimeOptions, Session, TensorInfo } from './runtime.ts';

export interface OrtBuild {
  ort: typeof Ort;
  backend: 'wasm' | 'webgpu';
  /** Name of its .mjs and .wasm file, without the ending. */
  binary: string;
  options: RuntimeOptions;
  queue?: ReturnType<typeof createQueue>;
}

/** Severity 3 of 0 … 4: errors. Warnings would fill the console of someone else's page. */
const LOG_ERRORS = 3;

export function createOrt(build: OrtBuild): Runtime {
  const { backend, queue = (work) => work() } = build;
  return {
    backend,
    create: (spec, files) => queue(() => open(build, queue, spec, files)),
  };
}

async function open(
  build: OrtBuild,
  queue: ReturnType<typeof createQueue>,
  spec: ModelSpec,
  files: ModelFiles,
): Promise<Session> {
  const { ort, backend } = build;
  configure(build);
  const session = await createSession(build, spec, files);
  try {
    const inputs = session.inputMetadata.map((info) => inputOf(info));
    const outputs = session.outputMetadata.filter(isSupported).map((info) => info.name);
    return {
      backend,
      inputs,
      outputs,
      run: (tensors) => queue(() => run(ort, session, outputs, tensors)),
      dispose: () => queue(() => session.release()),
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** Takes effect before the first session only: later calls find the library initialised. */
function configure({ ort, binary, options }: OrtBuild): void {
  const { assets, threads = 1 } = options;
  // Threads re-execute the worker's own file unless the library's .mjs is hosted beside its .wasm.
  const numThreads = globalThis.crossOriginIsolated ? threads : 1;
  ort.env.logLevel = 'error';
  ort.env.wasm.numThreads = numThreads;
  if (assets === undefined) return;
  const at = (ending: string) => new URL(binary + ending, assets).href;
  ort.env.wasm.wasmPaths =
    numThreads > 1 ? { wasm: at('.wasm'), mjs: at('.mjs') } : { wasm: at('.wasm') };
}

async function createSession(
  { ort, backend }: OrtBuild,
  spec: ModelSpec,
  files: ModelFiles,
): Promise<Ort.InferenceSession> {
  const [main, ...others] = spec.files;
  const folder = main!.slice(0, main!.lastIndexOf('/') + 1);
  try {
    return await ort.InferenceSession.create(files.get(main!)!, {
      executionProviders: [backend],
      logSeverityLevel: LOG_ERRORS,
      // The model refers to its weight files by paths beside itself.
      externalData: others.map((name) => ({
        path: name.startsWith(folder) ? name.slice(folder.length) : name,
        data: files.get(name)!,
      })),
    });
  } catch (cause) {
    throw typed(cause);
  }
}

/** Tells a runtime that does not start from a model that it cannot read. */
function typed(cause: unknown): SiskinError {
  const message = messageOf(cause);
  if (/no available backend|failed to fetch|out of memory|bad_alloc/i.test(message)) {
    return new SiskinError(
      'runtime_failed',
      `onnxruntime-web did not start: ${message}. Check that its .wasm file is served, then reload`,
      { cause, retryable: true },
    );
  }
  return new SiskinError(
    'model_corrupt',
    `onnxruntime-web cannot read the model: ${message}. Open it with the same release, then publish it anew`,
    { cause },
  );
}

type Metadata = Ort.InferenceSession.ValueMetadata;
type Supported = Extract<Metadata, { isTensor: true }> & { type: TensorInfo['type'] };

function isSupported(info: Metadata): info is Supported {
  return info.isTensor && (TENSOR_TYPES as readonly string[]).includes(info.type);
}

/** Dynamic dimensions without a name appear as 2³² − 1. */
const UNNAMED = 0xffffffff;

function inputOf(info: Metadata): TensorInfo {
  if (!isSupported(info)) {
    const type = info.isTensor ? info.type : 'sequence or map';
    throw new SiskinError(
      'spec_invalid',
      `graph input "${info.name}" is a ${type}: export the model with inputs of ${TENSOR_TYPES.join(', ')}`,
    );
  }
  const { name, type } = info;
  const shape = info.shape.map((dim) => (typeof dim === 'number' && dim !== UNNAMED ? dim : null));
  return { name, type, shape };
}

async function run(
  ort: typeof Ort,
  session: Ort.InferenceSession,
  outputs: readonly string[],
  tensors: Tensors,
): Promise<Tensors> {
  const feeds: Record<string, Ort.Tensor> = {};
  for (const name in tensors) {
    const { type, data, dims } = tensors[name]!;
    feeds[name] = new ort.Tensor(type as 'float32', data as Float32Array, dims);
  }
  const results = await session.run(feeds, outputs);
  const answer: Tensors = {};
  // The library has copied each output out of its memory into a buffer of its own.
  for (const name of outputs) {
    const { type, data, dims } = results[name] as Ort.TypedTensor<'float32'>;
    answer[name] = { type, data, dims };
  }
  return answer;
}
