/** Real threads, real runtimes; models that are good, broken, and meant to do harm. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ModelSpecInput, parseProfile, parseSpec } from '@siskin/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../testing/folder.ts';
import { endless, greedy, line, onType, single, sum } from '../testing/graphs.ts';
import { AREA, spec as house, PROFILE, selfTest } from '../testing/model.ts';
import type { TrialRequest } from './contract.ts';
import { type TrialLimits, Trials } from './trials.ts';

const MIB = 2 ** 20;
const LIMITS: TrialLimits = { ms: 60_000, memory: 1024 * MIB, waiting: 3 };

interface Given {
  spec?: Partial<ModelSpecInput>;
  profile?: object;
  /** `undefined`: without one. */
  golden?: object | string | undefined;
}

/** The house of `testing/model.ts` with this file for a model. */
function requestOf(model: Buffer | string, { spec, profile, ...given }: Given = {}): TrialRequest {
  const folder = temporaryFolder();
  const put = (name: string, content: Buffer | string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const golden = 'golden' in given ? given.golden : selfTest('v1');
  return {
    spec: parseSpec({ ...house('v1'), ...spec }),
    profile: parseProfile({ ...PROFILE, ...profile }),
    files: [{ name: 'model.onnx', path: put('model.onnx', model) }],
    ...(golden !== undefined && {
      selfTest: put('selftest.json', typeof golden === 'string' ? golden : JSON.stringify(golden)),
    }),
  };
}

function tryOut(request: TrialRequest, limits: Partial<TrialLimits> = {}) {
  const trials = new Trials({ ...LIMITS, ...limits });
  return trials.run(request, 0);
}

const golden = (x: object, y: number[]) => ({
  ...selfTest('v1'),
  cases: [{ inputs: { x }, outputs: { y: { type: 'float32', dims: [1, y.length], data: y } } }],
});
const one = (x: number, y: number) => golden({ type: 'float32', dims: [1, 1], data: [x] }, [y]);

describe('a model that does what its self-test says', () => {
  it('passes on ONNX', async () => {
    expect(await tryOut(requestOf(line(2, 1), { golden: one(3, 7) }))).toEqual({
      backend: 'wasm',
      cases: 1,
      warnings: [],
    });
  });

  const DEMO = fileURLToPath(new URL('../../../demo/models/', import.meta.url));
  it.each([
    ['house/v1', 'siskin.tfjs.json'],
    ['digits/v1', 'siskin.tfjs.json'],
    ['digits/v2', 'siskin.tfjs.json'],
    ['digits/v3', 'siskin.json'],
  ])('passes as trained: %s of %s', async (path, specFile) => {
    const dir = join(DEMO, path);
    const json = (name: string) => JSON.parse(readFileSync(join(dir, name), 'utf8'));
    const spec = parseSpec(json(specFile));
    const { cases } = json('selftest.json');
    expect(readdirSync(dir)).toContain('selftest.json');
    const result = await tryOut({
      spec,
      profile: parseProfile(json('reference.json')),
      files: spec.files.map((name) => ({ name, path: join(dir, name) })),
      selfTest: join(dir, 'selftest.json'),
    });
    expect(result).toEqual({ backend: 'wasm', cases: cases.length, warnings: [] });
    expect(cases.length).toBeGreaterThan(1);
  });

  it('passes on texts', async () => {
    const vocabulary = ['pad', 'unknown', 'a', 'dog', 'barks'];
    const spec = { inputs: [{ name: 'said', kind: 'text' as const, length: 4, vocabulary }] };
    // a dog 1 barks = 2 + 3 + 1 + 4
    const ids = { type: 'int64', dims: [1, 4], data: [2, 3, 1, 4] };
    const model = sum('INT64', [1, 4]);
    const right = requestOf(model, { spec, golden: golden(ids, [10]) });
    expect(await tryOut(right)).toMatchObject({ cases: 1, warnings: [] });
    const none = requestOf(model, { spec, golden: undefined });
    expect(await tryOut(none)).toMatchObject({ cases: 0 });
    const wrong = requestOf(model, { spec, golden: golden(ids, [11]) });
    await expect(tryOut(wrong)).rejects.toMatchObject({ code: 'self_test_failed' });
  });
});

describe('a model that only TensorFlow.js on the CPU can run', () => {
  const number = { dtype: 'DT_FLOAT', tensorShape: { dim: [{ size: '1' }, { size: '1' }] } };
  const model = {
    format: 'graph-model',
    signature: {
      inputs: { x: { name: 'x:0', ...number } },
      outputs: { y: { name: 'y:0', ...number }, same: { name: 'same:0', ...number } },
    },
    modelTopology: {
      node: [
        {
          name: 'x',
          op: 'Placeholder',
          attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: number.tensorShape } },
        },
        {
          name: 'y',
          op: 'Einsum',
          input: ['x', 'x'],
          attr: { N: { i: 2 }, equation: { s: btoa('ij,ij->ij') }, T: { type: 'DT_FLOAT' } },
        },
        { name: 'same', op: 'Identity', input: ['x'], attr: { T: { type: 'DT_FLOAT' } } },
      ],
      versions: { producer: 1 },
    },
    weightsManifest: [],
  };
  const tryWith = (y: number) =>
    tryOut(requestOf(JSON.stringify(model), { spec: { format: 'tfjs' }, golden: one(3, y) }));

  it('passes with a warning', async () => {
    const { backend, cases, warnings } = await tryWith(9);
    expect([backend, cases]).toEqual(['cpu', 1]);
    expect(warnings).toEqual([expect.stringMatching(/without a GPU run it on cpu.*"Einsum"/)]);
  });

  it('is held to its self-test there', async () => {
    await expect(tryWith(8)).rejects.toMatchObject({
      code: 'self_test_failed',
      message: expect.stringContaining('on cpu'),
    });
  });
});

describe('a model without a self-test', () => {
  it('is asked what is typical of its reference, and passes with a warning', async () => {
    // The logarithm of 0 is no answer; that of the median area is.
    const model = single('Log');
    const { warnings, cases } = await tryOut(requestOf(model, { golden: undefined }));
    expect(cases).toBe(0);
    expect(warnings).toEqual([expect.stringContaining('no self-test')]);
    const unknown = requestOf(model, { golden: undefined, profile: { series: [] } });
    await expect(tryOut(unknown)).rejects.toMatchObject({
      code: 'self_test_failed',
      message: expect.stringContaining('NaN or infinity'),
    });
    const counted = parseProfile(PROFILE).series.map((s) => s.definition.name);
    expect(counted).toEqual([AREA.name]);
  });
});

describe('a model is refused', () => {
  it.each<[string, Buffer | string, Given, string, string]>([
    ['whose bytes are no graph', 'the graph of v1', {}, 'model_corrupt', 'cannot read the model'],
    ['cut short', line(2, 1).subarray(0, 60), {}, 'model_corrupt', 'cannot read the model'],
    [
      'that answers otherwise than its self-test',
      line(2, 1),
      { golden: one(3, 8) },
      'self_test_failed',
      'is 7, not 8',
    ],
    [
      'that answers NaN',
      single('Log'),
      { golden: one(-1, 0) },
      'self_test_failed',
      'is NaN, not 0',
    ],
    ['whose self-test is not JSON', line(2, 1), { golden: '{' }, 'spec_invalid', 'not JSON'],
    [
      'whose self-test has no cases',
      line(2, 1),
      { golden: { ...one(3, 7), cases: [] } },
      'spec_invalid',
      'self-test is invalid',
    ],
    [
      'whose self-test expects nothing',
      line(2, 1),
      { golden: { ...one(3, 7), cases: [{ ...one(3, 7).cases[0], outputs: {} }] } },
      'spec_invalid',
      'case 1 of the self-test expects no numbers',
    ],
    [
      'whose self-test gives another input',
      line(2, 1),
      { golden: golden({ type: 'float32', dims: [1, 2], data: [1, 2] }, [7]) },
      'runtime_failed',
      'did not run',
    ],
    [
      'whose graph takes something else',
      line(2, 1),
      { spec: { inputs: [{ name: 'said', kind: 'text', length: 4 }] } },
      'spec_invalid',
      'does not fit its graph',
    ],
    [
      'whose graph does not answer what the spec says',
      line(2, 1),
      {
        golden: one(3, 7),
        spec: { outputs: [{ kind: 'classification', labels: ['cat', 'dog'] }] },
      },
      'spec_invalid',
      "1 numbers for the spec's 2 labels",
    ],
    [
      'with an operator that nobody knows',
      single('Frobnicate'),
      {},
      'runtime_failed',
      'lacks its operator "Frobnicate"',
    ],
    [
      'with an operator that was not written for its type',
      onType('Erf', 'DOUBLE'),
      {},
      'runtime_failed',
      'lacks its operator "Erf"',
    ],
    ['of a future opset', single('Neg', 99), {}, 'runtime_failed', 'does not know opset 99'],
  ])('%s', async (_, model, given, code, text) => {
    await expect(tryOut(requestOf(model, given))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    });
  });

  it('with a layer that TensorFlow.js lacks', async () => {
    const topology = {
      class_name: 'Sequential',
      config: { name: 's', layers: [{ class_name: 'Frobnicate', config: { name: 'f' } }] },
    };
    const model = { format: 'layers-model', modelTopology: topology, weightsManifest: [] };
    const request = requestOf(JSON.stringify(model), { spec: { format: 'tfjs' } });
    await expect(tryOut(request)).rejects.toMatchObject({
      code: 'runtime_failed',
      message: expect.stringContaining('lacks its operator "Frobnicate"'),
    });
  });
});

describe('a model that means harm', () => {
  it('is stopped where it never ends', async () => {
    let turns = 0;
    const ticking = setInterval(() => turns++, 10);
    onTestFinished(() => clearInterval(ticking));
    await expect(tryOut(requestOf(endless()), { ms: 1500 })).rejects.toMatchObject({
      code: 'runtime_failed',
      message: expect.stringMatching(/not loaded and tested within 1\.5 s/),
    });
    // Of 150 that an idle machine would make: the loop ran elsewhere.
    expect(turns).toBeGreaterThan(15);
  });

  const large = {
    code: 'runtime_failed',
    message: expect.stringMatching(/more memory than 256 MiB/),
  };
  const memory = 256 * MIB;

  it('is stopped where it fills the runtime’s memory', async () => {
    const before = process.memoryUsage.rss();
    await expect(tryOut(requestOf(greedy(2 ** 28)), { memory })).rejects.toMatchObject(large);
    expect(process.memoryUsage.rss() - before).toBeLessThan(2 * memory);
    // It is for wanting a GiB, and not for the graph.
    expect(
      await tryOut(requestOf(greedy(2 ** 20), { golden: one(3, 3) }), { memory }),
    ).toBeTruthy();
  });

  it('is stopped where it fills JavaScript’s heap', async () => {
    const model = `[${'[],'.repeat(16 * MIB)}[]]`;
    const request = requestOf(model, { spec: { format: 'tfjs' } });
    await expect(tryOut(request, { memory })).rejects.toMatchObject(large);
  });

  it('is stopped where it fills buffers that are neither’s', async () => {
    const [width, height] = [16_384, 16_384];
    const inputs = [{ name: 'seen', kind: 'image' as const, width, height, channels: 1 as const }];
    const model = sum('FLOAT', [1, height, width, 1]);
    const request = requestOf(model, { spec: { inputs }, golden: undefined });
    await expect(tryOut(request, { memory })).rejects.toMatchObject(large);
  });
});

describe('trials', () => {
  it('take turns, and only so many wait', async () => {
    const trials = new Trials({ ...LIMITS, waiting: 2 });
    const request = requestOf(line(2, 1), { golden: one(3, 7) });
    const bad = requestOf(line(2, 1), { golden: one(3, 8) });
    const answers = await Promise.allSettled(
      [request, bad, request, request].map((one) => trials.run(one, 0)),
    );
    expect(answers.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
    ]);
    expect(answers[1]).toMatchObject({ reason: { code: 'self_test_failed' } });
    expect(answers[3]).toMatchObject({ reason: { code: 'overloaded', retryable: true } });
    expect(await trials.run(request, 0)).toMatchObject({ cases: 1 });
  });

  it('end with the collector', async () => {
    const trials = new Trials(LIMITS);
    const request = requestOf(endless());
    const answers = Promise.allSettled([trials.run(request, 0), trials.run(request, 0)]);
    await trials.close();
    const stopped = { reason: { code: 'overloaded', retryable: true } };
    expect(await answers).toMatchObject([stopped, stopped]);
    await expect(trials.run(request, 0)).rejects.toMatchObject(stopped.reason);
  });
});
