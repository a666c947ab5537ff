import { type Backend, differenceOf, parseSpec, tensorsOf } from '@siskin/protocol';
import { afterAll, describe, expect, it } from 'vitest';
import { readServed } from '../models/browser.fixture.ts';
import { demoModel, type RealModel, silero } from '../models/real-models.fixture.ts';
import { choose } from './choose.ts';
import type { Session } from './runtime.ts';

const HOUSE = await demoModel(readServed, 'house/v1', 'siskin.json');
const HOUSE_TFJS = await demoModel(readServed, 'house/v1', 'siskin.tfjs.json');
const DIGITS = await demoModel(readServed, 'digits/v1', 'siskin.json');
const DIGITS_TFJS = await demoModel(readServed, 'digits/v1', 'siskin.tfjs.json');

const sessions: Session[] = [];
async function open(model: RealModel, backend: Backend): Promise<Session> {
  const spec = parseSpec(model.spec);
  const { candidates } = await choose(spec.format, {
    backends: [backend],
    // Test machines have no GPU; Chromium's SwiftShader computes as one.
    allowSoftwareGpu: true,
    gpu: navigator.gpu,
  });
  const session = await (await candidates[0]!.import()).create(spec, model.files);
  sessions.push(session);
  return session;
}
afterAll(async () => {
  for (const session of sessions) await session.dispose();
});

function toleranceOf(model: RealModel, backend: Backend) {
  const { tolerance } = model.selfTest!;
  return tolerance[backend] ?? tolerance.default;
}

const ONNX = [HOUSE, DIGITS];
const TFJS = [HOUSE_TFJS, DIGITS_TFJS];

describe.each([
  ['onnxruntime', 'wasm', ONNX],
  ['onnxruntime', 'webgpu', ONNX],
  ['TensorFlow.js', 'webgpu', TFJS],
  ['TensorFlow.js', 'wasm', TFJS],
  ['TensorFlow.js', 'webgl', TFJS],
  ['TensorFlow.js', 'cpu', TFJS],
] as const)('%s on %s', (_library, backend, models) => {
  it.each(models.map((model) => [model.spec.name, model] as const))(
    'gives the golden answers of %s, in buffers that can be transferred',
    async (_name, model) => {
      const session = await open(model, backend);
      for (const { inputs, outputs } of model.selfTest!.cases) {
        const given = tensorsOf(inputs);
        const got = await session.run(given);
        expect(differenceOf(got, outputs, toleranceOf(model, backend))).toBeUndefined();
        expect(given).toEqual(tensorsOf(inputs));
        for (const { data } of Object.values(got)) {
          expect(data.buffer.byteLength).toBe(data.byteLength);
          structuredClone(data, { transfer: [data.buffer as ArrayBuffer] });
        }
      }
    },
    60_000,
  );
});

describe('onnxruntime on webgpu', () => {
  it('survives callers who do not wait: on one session, and on two', async () => {
    const [house, digits] = [await open(HOUSE, 'webgpu'), await open(DIGITS, 'webgpu')];
    const asked = [house, digits, house, digits, house].map((session, i) => {
      const model = session === house ? HOUSE : DIGITS;
      const { inputs, outputs } = model.selfTest!.cases[i % model.selfTest!.cases.length]!;
      return session
        .run(tensorsOf(inputs))
        .then((got) => differenceOf(got, outputs, toleranceOf(model, 'webgpu')));
    });
    expect(await Promise.all(asked)).toEqual(asked.map(() => undefined));
  }, 60_000);

  it('goes on after a run that failed', async () => {
    const session = await open(HOUSE, 'webgpu');
    await expect(session.run({})).rejects.toThrow();
    const { inputs, outputs } = HOUSE.selfTest!.cases[0]!;
    const got = await session.run(tensorsOf(inputs));
    expect(differenceOf(got, outputs, toleranceOf(HOUSE, 'webgpu'))).toBeUndefined();
  }, 60_000);
});

describe('onnxruntime on wasm', () => {
  it('agrees with native onnxruntime on Silero VAD', async () => {
    const model = await silero(readServed, 'v5');
    const session = await open(model, 'wasm');
    for (const { inputs, outputs } of model.selfTest!.cases) {
      const got = await session.run(tensorsOf(inputs));
      expect(differenceOf(got, outputs, model.selfTest!.tolerance.default)).toBeUndefined();
    }
  });
});
