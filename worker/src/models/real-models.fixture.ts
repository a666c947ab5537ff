/** Real models, in Node and in the browser alike. */
import type { ModelSpecInput, SelfTest } from '@siskin/protocol';

/** Reads a file by its path in the repository. */
export type Read = (path: string) => Promise<Uint8Array<ArrayBuffer>>;

export interface RealModel {
  spec: ModelSpecInput;
  /** By the names in `spec.files`. */
  files: Map<string, Uint8Array<ArrayBuffer>>;
  selfTest?: SelfTest | undefined;
}

async function readJson(read: Read, path: string) {
  return JSON.parse(new TextDecoder().decode(await read(path)));
}

async function readFiles(read: Read, spec: ModelSpecInput, folder: string) {
  const entries = spec.files.map(async (name) => [name, await read(folder + name)] as const);
  return new Map(await Promise.all(entries));
}

/** A model of the demo; `siskin.tfjs.json` is the same one for TensorFlow.js. */
export async function demoModel(
  read: Read,
  path: string,
  specFile: 'siskin.json' | 'siskin.tfjs.json',
): Promise<RealModel> {
  const folder = `demo/models/${path}/`;
  const spec: ModelSpecInput = await readJson(read, folder + specFile);
  const selfTest: SelfTest = await readJson(read, `${folder}selftest.json`);
  return { spec, files: await readFiles(read, spec, folder), selfTest };
}

/** Silero VAD with its state tensors and its int64 sample rate; golden cases from native onnxruntime. */
export async function silero(read: Read, version: 'legacy' | 'v5'): Promise<RealModel> {
  const state = (name: string, width: number) => ({
    name,
    kind: 'tensor' as const,
    shape: [2, 1, width],
  });
  const states = version === 'legacy' ? [state('h', 64), state('c', 64)] : [state('state', 128)];
  const spec: ModelSpecInput = {
    name: 'silero',
    version,
    format: 'onnx',
    files: [`silero_vad_${version}.onnx`],
    inputs: [
      { name: 'audio', kind: 'tensor', tensor: 'input', shape: [1, null] },
      { name: 'rate', kind: 'tensor', tensor: 'sr', type: 'int64', shape: [] },
      ...states,
    ],
    outputs: [{ kind: 'tensor', tensor: 'output' }],
  };
  return {
    spec,
    files: await readFiles(read, spec, 'node_modules/@ricky0123/vad-web/dist/'),
    selfTest: await readJson(read, `test/oracle/silero/${version}.json`),
  };
}

/** Spotify's Basic Pitch, a GraphModel: audio → which notes sound. */
export async function basicPitch(read: Read): Promise<RealModel> {
  const spec: ModelSpecInput = {
    name: 'basic-pitch',
    version: '1',
    format: 'tfjs',
    files: ['model.json', 'group1-shard1of1.bin'],
    inputs: [{ name: 'audio', kind: 'tensor', tensor: 'input_2', shape: [1, 43844, 1] }],
    outputs: [{ kind: 'tensor', tensor: 'Identity_1' }],
  };
  return { spec, files: await readFiles(read, spec, 'node_modules/@spotify/basic-pitch/model/') };
}
