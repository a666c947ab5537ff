import { differenceOf, parseSpec, type Tensors, tensorsOf } from '@siskin/protocol';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import {
  basicPitch,
  demoModel,
  filesOf,
  type Source,
  silero,
} from '../models/published.fixture.ts';
import { choose } from './choose.ts';
import type { Session } from './runtime.ts';

const sessions: Session[] = [];
afterAll(async () => {
  for (const session of sessions) await session.dispose();
});

async function create(source: Source, backend: 'wasm' | 'cpu'): Promise<Session> {
  const spec = parseSpec(source.spec);
  const options = { backends: [backend], allowSoftwareGpu: false, gpu: undefined };
  const { candidates } = await choose(spec.format, options);
  return (await candidates[0]!.import()).create(spec, filesOf(source));
}

async function open(source: Source, backend: 'wasm' | 'cpu'): Promise<Session> {
  const session = await create(source, backend);
  sessions.push(session);
  return session;
}

const CASES = [
  ['Silero VAD legacy, onnxruntime wasm', silero('legacy'), 'wasm'],
  ['Silero VAD v5, onnxruntime wasm', silero('v5'), 'wasm'],
  ['house prices, onnxruntime wasm', demoModel('house/v1', 'siskin.json'), 'wasm'],
  ['house prices, TensorFlow.js wasm', demoModel('house/v1', 'siskin.tfjs.json'), 'wasm'],
  ['house prices, TensorFlow.js cpu', demoModel('house/v1', 'siskin.tfjs.json'), 'cpu'],
  ['digits, onnxruntime wasm', demoModel('digits/v1', 'siskin.json'), 'wasm'],
  ['digits, TensorFlow.js wasm', demoModel('digits/v1', 'siskin.tfjs.json'), 'wasm'],
  ['digits, TensorFlow.js cpu', demoModel('digits/v1', 'siskin.tfjs.json'), 'cpu'],
] as const;

describe.each(CASES)('%s', (_name, source, backend) => {
  it('gives the golden answers in buffers that can be transferred, and keeps no input', async () => {
    const session = await open(source, backend);
    expect(session.backend).toBe(backend);
    const { cases, tolerance } = source.selfTest!;
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
    const v5 = await open(silero('v5'), 'wasm');
    expect(v5.inputs).toEqual([
      { name: 'input', type: 'float32', shape: [null, null] },
      { name: 'state', type: 'float32', shape: [2, null, 128] },
      { name: 'sr', type: 'int64', shape: [] },
    ]);
    expect(v5.outputs).toEqual(['output', 'stateN']);
  });

  it('tells a model that it cannot read', async () => {
    const junk: Source = { ...silero('v5'), read: () => new Uint8Array(5000).fill(7) };
    await expect(open(junk, 'wasm')).rejects.toMatchObject({ code: 'model_corrupt' });
  });

  it('goes on after a run that failed', async () => {
    const session = await open(silero('v5'), 'wasm');
    const { inputs, outputs } = silero('v5').selfTest!.cases[0]!;
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

  it('runs a GraphModel that a package ships: Basic Pitch hears an A4', async () => {
    const session = await open(basicPitch(), 'wasm');
    expect(session.inputs).toEqual([{ name: 'input_2', type: 'float32', shape: [null, 43844, 1] }]);
    expect(session.outputs).toEqual(['Identity', 'Identity_1', 'Identity_2']);
    const { Identity_1: notes } = await session.run(tone(440));
    expect(notes!.dims).toEqual([1, 172, 88]);
    // Which of the piano's 88 keys sounds most in the middle of the tone: the 49th is A4.
    const frame = Array.from(notes!.data.subarray(86 * 88, 87 * 88), Number);
    expect(frame.indexOf(Math.max(...frame))).toBe(48);
    expect(frame[48]).toBeGreaterThan(0.5);
  }, 60_000);

  it('leaves no tensor behind, in a run, a failed run, and when it is disposed', async () => {
    const source = demoModel('digits/v1', 'siskin.tfjs.json');
    const inputs = source.selfTest!.cases[0]!.inputs;
    const empty = tf.memory().numTensors;
    const session = await create(source, 'cpu');
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
    const house = demoModel('house/v1', 'siskin.tfjs.json');
    const digits = demoModel('digits/v1', 'siskin.tfjs.json');
    const [a, b] = [await open(house, 'wasm'), await open(digits, 'cpu')];
    const asked = [house, digits].flatMap((source, which) =>
      source.selfTest!.cases.map(async ({ inputs, outputs }) => {
        const got = await (which === 0 ? a : b).run(tensorsOf(inputs));
        return differenceOf(got, outputs, source.selfTest!.tolerance.default);
      }),
    );
    expect(new Set(await Promise.all(asked))).toEqual(new Set([undefined]));
  });

  it('tells a model whose weight file is not among its files', async () => {
    const source = demoModel('house/v1', 'siskin.tfjs.json');
    const without = { ...source, spec: { ...source.spec, files: ['tfjs/model.json'] } };
    await expect(open(without, 'wasm')).rejects.toMatchObject({
      code: 'model_corrupt',
      message: expect.stringContaining('tfjs/weights.bin'),
    });
  });

  it('tells a model that it cannot read', async () => {
    const source = demoModel('house/v1', 'siskin.tfjs.json');
    const junk: Source = { ...source, read: () => new Uint8Array(100).fill(7) };
    await expect(open(junk, 'wasm')).rejects.toMatchObject({ code: 'model_corrupt' });
  });
});
