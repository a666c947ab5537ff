import { differenceOf, parseSpec, type Tensors, tensorsOf } from '@siskin/protocol';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { readLocal } from '../models/published.fixture.ts';
import { basicPitch, demoModel, type RealModel, silero } from '../models/real-models.fixture.ts';
import { choose } from './choose.ts';
import type { Session } from './runtime.ts';

const SILERO = await silero(readLocal, 'v5');
const HOUSE = await demoModel(readLocal, 'house/v1', 'siskin.json');
const HOUSE_TFJS = await demoModel(readLocal, 'house/v1', 'siskin.tfjs.json');
const DIGITS = await demoModel(readLocal, 'digits/v1', 'siskin.json');
const DIGITS_TFJS = await demoModel(readLocal, 'digits/v1', 'siskin.tfjs.json');

async function create(model: RealModel, backend: 'wasm' | 'cpu'): Promise<Session> {
  const spec = parseSpec(model.spec);
  const options = { backends: [backend], allowSoftwareGpu: false, gpu: undefined };
  const { candidates } = await choose(spec.format, options);
  return (await candidates[0]!.import()).create(spec, model.files);
}

const sessions: Session[] = [];
async function open(model: RealModel, backend: 'wasm' | 'cpu'): Promise<Session> {
  const session = await create(model, backend);
  sessions.push(session);
  return session;
}
afterAll(async () => {
  for (const session of sessions) await session.dispose();
});

const junk = (model: RealModel): RealModel => ({
  ...model,
  files: new Map(model.spec.files.map((name) => [name, new Uint8Array(5000).fill(7)])),
});

describe.each([
  ['Silero VAD legacy, onnxruntime wasm', await silero(readLocal, 'legacy'), 'wasm'],
  ['Silero VAD v5, onnxruntime wasm', SILERO, 'wasm'],
  ['house prices, onnxruntime wasm', HOUSE, 'wasm'],
  ['house prices, TensorFlow.js wasm', HOUSE_TFJS, 'wasm'],
  ['house prices, TensorFlow.js cpu', HOUSE_TFJS, 'cpu'],
  ['digits, onnxruntime wasm', DIGITS, 'wasm'],
  ['digits, TensorFlow.js wasm', DIGITS_TFJS, 'wasm'],
  ['digits, TensorFlow.js cpu', DIGITS_TFJS, 'cpu'],
] as const)('%s', (_name, model, backend) => {
  it('gives the golden answers in buffers that can be transferred, and keeps no input', async () => {
    const session = await open(model, backend);
    expect(session.backend).toBe(backend);
    const { cases, tolerance } = model.selfTest!;
    let before: Tensors = {};
    for (const { inputs, outputs } of cases) {
      const given = tensorsOf(inputs);
      const got = await session.run(given);
      expect(differenceOf(got, outputs, tolerance.default)).toBeUndefined();
      expect(Object.keys(got)).toEqual([...session.outputs]);
      for (const [name, { data, dims }] of Object.entries(got)) {
        expect(dims).toEqual(outputs[name]?.dims ?? dims);
        // A view on the library's memory would take all of it along, or break it.
        expect(data.buffer.byteLength).toBe(data.byteLength);
        expect(data.buffer).not.toBe(before[name]?.data.buffer);
      }
      before = structuredClone(got, {
        transfer: Object.values(got).map(({ data }) => data.buffer as ArrayBuffer),
      });
      expect(given).toEqual(tensorsOf(inputs));
      // The page may reuse its buffer at once.
      for (const { data } of Object.values(given)) new Uint8Array(data.buffer).fill(0);
    }
    const [first] = cases;
    const again = await session.run(tensorsOf(first!.inputs));
    expect(differenceOf(again, first!.outputs, tolerance.default)).toBeUndefined();
  });
});

describe('onnxruntime wasm', () => {
  it('tells the graph: names, types, and dynamic dimensions whether named or not', async () => {
    const v5 = await open(SILERO, 'wasm');
    expect(v5.inputs).toEqual([
      { name: 'input', type: 'float32', shape: [null, null] },
      { name: 'state', type: 'float32', shape: [2, null, 128] },
      { name: 'sr', type: 'int64', shape: [] },
    ]);
    expect(v5.outputs).toEqual(['output', 'stateN']);
  });

  it('tells a model that it cannot read', async () => {
    await expect(open(junk(SILERO), 'wasm')).rejects.toMatchObject({ code: 'model_corrupt' });
  });

  it('goes on after a run that failed', async () => {
    const session = await open(SILERO, 'wasm');
    const { inputs, outputs } = SILERO.selfTest!.cases[0]!;
    const { sr, ...rest } = tensorsOf(inputs);
    await expect(session.run(rest)).rejects.toThrow(/sr/);
    const got = await session.run({ ...rest, sr: sr! });
    expect(differenceOf(got, outputs, { absolute: 1e-4, relative: 1e-3 })).toBeUndefined();
  });
});

describe('TensorFlow.js', () => {
  /** Two seconds at 22,050 Hz, as the model wants them. */
  const tone = (hertz: number): Tensors => {
    const data = Float32Array.from({ length: 43844 }, (_, i) =>
      Math.sin((2 * Math.PI * hertz * i) / 22050),
    );
    return { input_2: { type: 'float32', dims: [1, 43844, 1], data } };
  };

  it('runs a GraphModel that a package ships: Basic Pitch hears an A4, and an octave above it', async () => {
    const session = await open(await basicPitch(readLocal), 'wasm');
    expect(session.inputs).toEqual([{ name: 'input_2', type: 'float32', shape: [null, 43844, 1] }]);
    expect(session.outputs).toEqual(['Identity', 'Identity_1', 'Identity_2']);
    for (const [hertz, key] of [
      [440, 48],
      [880, 60],
    ] as const) {
      const { Identity_1: notes } = await session.run(tone(hertz));
      expect(notes!.dims).toEqual([1, 172, 88]);
      // Which of the piano's 88 keys sounds most in the middle of the tone: the 49th is A4.
      const frame = Array.from(notes!.data.subarray(86 * 88, 87 * 88), Number);
      expect(frame.indexOf(Math.max(...frame))).toBe(key);
      expect(frame[key]).toBeGreaterThan(0.5);
    }
  }, 60_000);

  it('tells a model whose inputs are no numbers, naming the input', async () => {
    const folder = 'node_modules/@vscode/vscode-languagedetection/model/';
    const files = ['model.json', 'group1-shard1of1.bin'];
    const contents = files.map(async (name) => [name, await readLocal(folder + name)] as const);
    const text: RealModel = {
      spec: { ...HOUSE_TFJS.spec, files },
      files: new Map(await Promise.all(contents)),
    };
    const before = tf.memory().numTensors;
    await expect(open(text, 'cpu')).rejects.toMatchObject({
      code: 'spec_invalid',
      message: expect.stringMatching(/"Placeholder" is a string/),
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaves no tensor behind: not in a run, a failed run, a failed load, or when disposed', async () => {
    const { inputs } = DIGITS_TFJS.selfTest!.cases[0]!;
    const empty = tf.memory().numTensors;
    await expect(create(junk(DIGITS_TFJS), 'cpu')).rejects.toThrow();
    const session = await create(DIGITS_TFJS, 'cpu');
    const loaded = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) await session.run(tensorsOf(inputs));
    expect(tf.memory().numTensors).toBe(loaded);
    const wrong = { x: { type: 'float32', dims: [1, 3], data: new Float32Array(3) } } as const;
    await expect(session.run(wrong)).rejects.toThrow();
    expect(tf.memory().numTensors).toBe(loaded);
    await session.dispose();
    expect(tf.memory().numTensors).toBe(empty);
  });

  it('lets two models on two backends answer at the same time', async () => {
    const asked = [];
    for (const [model, backend] of [
      [HOUSE_TFJS, 'wasm'],
      [DIGITS_TFJS, 'cpu'],
    ] as const) {
      const session = await open(model, backend);
      for (const { inputs, outputs } of model.selfTest!.cases) {
        asked.push({ session, inputs, outputs, tolerance: model.selfTest!.tolerance.default });
      }
    }
    const differences = asked.map(async ({ session, inputs, outputs, tolerance }) =>
      differenceOf(await session.run(tensorsOf(inputs)), outputs, tolerance),
    );
    expect(new Set(await Promise.all(differences))).toEqual(new Set([undefined]));
  });

  it('tells a model whose weight file is not among its files', async () => {
    const spec = { ...HOUSE_TFJS.spec, files: ['tfjs/model.json'] };
    const files = new Map([['tfjs/model.json', HOUSE_TFJS.files.get('tfjs/model.json')!]]);
    await expect(open({ spec, files }, 'wasm')).rejects.toMatchObject({
      code: 'model_corrupt',
      message: expect.stringContaining('tfjs/weights.bin'),
    });
  });

  it('tells a model that it cannot read', async () => {
    await expect(open(junk(HOUSE_TFJS), 'wasm')).rejects.toMatchObject({ code: 'model_corrupt' });
  });
});
