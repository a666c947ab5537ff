/** Real models as a manifest describes them, served by a real server. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  type ManifestVersion,
  type ModelSpecInput,
  parseSpec,
  type SelfTest,
} from '@siskin/protocol';
import type { ArtifactServer } from './artifact-server.fixture.ts';

const require = createRequire(import.meta.url);
const ROOT = new URL('../../../', import.meta.url);

export interface Source {
  spec: ModelSpecInput;
  /** By the names in `spec.files`. */
  read(name: string): Uint8Array<ArrayBuffer>;
  selfTest?: SelfTest | undefined;
}

const bytesOf = (path: string | URL) => new Uint8Array(readFileSync(path));
const jsonOf = (path: string | URL) => JSON.parse(readFileSync(path, 'utf8'));

/** A model of the demo; `siskin.tfjs.json` is the same one for TensorFlow.js. */
export function demoModel(path: string, spec: 'siskin.json' | 'siskin.tfjs.json'): Source {
  const folder = new URL(`demo/models/${path}/`, ROOT);
  return {
    spec: jsonOf(new URL(spec, folder)),
    read: (name) => bytesOf(new URL(name, folder)),
    selfTest: jsonOf(new URL('selftest.json', folder)),
  };
}

const inPackage = (name: string, ...path: string[]) =>
  join(dirname(require.resolve(`${name}/package.json`)), ...path);

/** Silero VAD with its state tensors and its int64 sample rate; golden cases from native onnxruntime. */
export function silero(version: 'legacy' | 'v5'): Source {
  const state = (name: string, tensor: string, width: number) => ({
    name,
    kind: 'tensor' as const,
    tensor,
    shape: [2, 1, width],
  });
  return {
    spec: {
      name: 'silero',
      version,
      format: 'onnx',
      files: ['silero.onnx'],
      inputs: [
        { name: 'audio', kind: 'tensor', tensor: 'input', shape: [1, null] },
        { name: 'rate', kind: 'tensor', tensor: 'sr', type: 'int64', shape: [] },
        ...(version === 'legacy'
          ? [state('h', 'h', 64), state('c', 'c', 64)]
          : [state('state', 'state', 128)]),
      ],
      outputs: [{ kind: 'tensor', tensor: 'output' }],
    },
    read: () => bytesOf(inPackage('@ricky0123/vad-web', 'dist', `silero_vad_${version}.onnx`)),
    selfTest: jsonOf(new URL(`test/oracle/silero/${version}.json`, ROOT)),
  };
}

/** Spotify's Basic Pitch, a GraphModel: audio → which notes sound. */
export function basicPitch(): Source {
  return {
    spec: {
      name: 'basic-pitch',
      version: '1',
      format: 'tfjs',
      files: ['model.json', 'group1-shard1of1.bin'],
      inputs: [{ name: 'audio', kind: 'tensor', tensor: 'input_2', shape: [1, 43844, 1] }],
      outputs: [{ kind: 'tensor', tensor: 'Identity_1' }],
    },
    read: (name) => bytesOf(inPackage('@spotify/basic-pitch', 'model', name)),
  };
}

export function filesOf({ spec, read }: Source): Map<string, Uint8Array<ArrayBuffer>> {
  return new Map(spec.files.map((name) => [name, read(name)]));
}

/** Puts a version on the server and describes it as the manifest does. */
export function publish(server: ArtifactServer, source: Source): ManifestVersion {
  const { spec, read, selfTest } = source;
  const golden = new TextEncoder().encode(JSON.stringify(selfTest));
  return {
    spec: parseSpec(spec),
    files: spec.files.map((name) => server.add(name, read(name))),
    ...(selfTest === undefined ? {} : { selfTest: server.add('selftest.json', golden) }),
    series: [],
  };
}
