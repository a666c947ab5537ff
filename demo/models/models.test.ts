/** The committed models: their figures, recomputed from their files by both runtimes. */
import { readFileSync, statSync } from 'node:fs';
import {
  differenceOf,
  parseProfile,
  parseSelfTest,
  parseSpec,
  SERIES,
  tensorsOf,
  totalOf,
} from '@siskin/protocol';
import {
  type Answer,
  answersOf,
  type Graph,
  type Input,
  openGraph,
  profileOf,
  type ReferenceRow,
} from '@siskin/worker/reference';
import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { SIDE, splitDigits } from '../data/digits.ts';
import { splitHouses } from '../data/houses.ts';
import { startTensorFlow } from './training/backend.ts';
import { houseSpec, trainHouse } from './training/house.ts';
import { digitMetrics, priceMetrics } from './training/metrics.ts';
import { toOnnx } from './training/onnx.ts';
import { graphOf } from './training/tfjs.ts';

const t = await startTensorFlow();

const VERSIONS = ['house/v1', 'digits/v1', 'digits/v2', 'digits/v3'] as const;
type Id = (typeof VERSIONS)[number];

const digits = splitDigits();
const houses = splitHouses();
const images: Input[] = digits.heldOut.map(({ pixels }) => ({
  data: pixels,
  width: SIDE,
  height: SIDE,
}));
const known = [...houses.training, ...houses.heldOut];
/** Truths of houses that the model has learnt would make it look too good. */
const labelled = (id: Id): ReferenceRow[] =>
  id === 'house/v1'
    ? known.map((house) => ({
        input: house.inputs,
        truth: houses.heldOut.includes(house) ? house.price : null,
      }))
    : digits.heldOut.map(({ label }, i) => ({ input: images[i]!, truth: String(label) }));
const reference = (id: Id): Input[] => labelled(id).map(({ input }) => input);

const read = (id: Id, file: string) => readFileSync(new URL(`${id}/${file}`, import.meta.url));
const json = (id: Id, file: string): unknown => JSON.parse(read(id, file).toString());

const onnxGraph = (id: Id): Promise<Graph> =>
  openGraph(
    parseSpec(json(id, 'siskin.json')),
    new Map([['model.onnx', new Uint8Array(read(id, 'model.onnx'))]]),
  );

async function layersModel(id: Id): Promise<LayersModel> {
  const model = json(id, 'tfjs/model.json') as {
    modelTopology: object;
    weightsManifest: { paths: string[]; weights: never[] }[];
  };
  const [group] = model.weightsManifest;
  const weights = read(id, `tfjs/${group!.paths[0]}`);
  return t.loadLayersModel(
    t.io.fromMemory({
      modelTopology: model.modelTopology,
      weightSpecs: group!.weights,
      weightData: Uint8Array.from(weights).buffer,
    }),
  );
}

describe.each(VERSIONS)('%s', (id) => {
  const spec = parseSpec(json(id, 'siskin.json'));
  const profile = parseProfile(json(id, 'reference.json'));
  const selfTest = parseSelfTest(json(id, 'selftest.json'));
  let onnx: Graph;
  let model: LayersModel;
  let answers: Answer[];

  beforeAll(async () => {
    onnx = await onnxGraph(id);
    model = await layersModel(id);
    answers = await answersOf(spec, onnx, reference(id));
  });

  it('has the same spec in both formats, naming files that are there', () => {
    const other = parseSpec(json(id, 'siskin.tfjs.json'));
    expect(`${spec.name}/${spec.version}`).toBe(id);
    expect({ ...other, format: 'onnx', files: spec.files }).toEqual(spec);
    expect(other.format).toBe('tfjs');
    for (const file of [...spec.files, ...other.files])
      expect(statSync(new URL(`${id}/${file}`, import.meta.url)).size).toBeLessThan(100_000);
  });

  it('names graph inputs and outputs that both formats have', () => {
    const [input] = new Set(spec.inputs.map((each) => each.tensor));
    expect(onnx.inputs.map((each) => each.name)).toEqual([input]);
    expect(model.inputNames).toEqual([input]);
    expect(onnx.outputs).toEqual([spec.outputs[0]!.tensor]);
    expect(model.outputNames).toEqual([spec.outputs[0]!.tensor]);
  });

  it('answers alike in both formats', async () => {
    const tfjs = graphOf(t, model);
    const rows = reference(id).slice(0, 200);
    let worst = 0;
    for (const [i, answer] of (await answersOf(spec, tfjs, rows)).entries()) {
      const other = answers[i]!;
      if (answer.value !== null) {
        worst = Math.max(worst, Math.abs(Math.log(answer.value / other.value!)));
      } else {
        (answer.output as Float32Array).forEach((p, k) => {
          worst = Math.max(worst, Math.abs(p - (other.output as Float32Array)[k]!));
        });
      }
    }
    expect(worst).toBeLessThan(1e-5);
  });

  it('passes its self-test in both formats', async () => {
    for (const graph of [onnx, graphOf(t, model)]) {
      for (const { inputs, outputs } of selfTest.cases) {
        const got = await graph.run(tensorsOf(inputs));
        expect(differenceOf(got, outputs, selfTest.tolerance.default)).toBeUndefined();
      }
    }
  });

  it.each(['default', 'webgpu'])(
    'fails its self-test (%s) with a last layer 5 per cent too large',
    async (backend) => {
      const wrong = await layersModel(id);
      const last = wrong.layers.at(-1)!;
      last.setWeights(last.getWeights().map((weight): Tensor => weight.mul(1.05)));
      const graph = graphOf(t, wrong);
      const differences = [];
      for (const { inputs, outputs } of selfTest.cases) {
        const got = await graph.run(tensorsOf(inputs));
        differences.push(differenceOf(got, outputs, selfTest.tolerance[backend]!));
      }
      expect(differences.some((difference) => difference !== undefined)).toBe(true);
    },
  );

  it('has the reference profile that its reference rows give', async () => {
    const rows = labelled(id);
    const { profile: again } = await profileOf(spec, onnx, () => [rows], profile);
    expect(profile.n).toBe(rows.length);
    const known = rows.filter(({ truth }) => truth !== null).length;
    const names = profile.series.map((series) => series.definition.name);
    expect(again.series.map((series) => series.definition.name)).toEqual(names);
    for (const [i, { definition, counts }] of profile.series.entries()) {
      if (definition.name.startsWith(SERIES.input(''))) {
        expect(again.series[i]).toEqual({ definition, counts });
      } else {
        expect(totalOf(counts)).toBe(/^outcome/.test(definition.name) ? known : profile.n);
      }
    }
    if (profile.outcomes !== undefined) expect(totalOf(profile.outcomes.reliability)).toBe(known);
  });

  it('reaches the figures that its profile states, held out', async () => {
    const figures =
      id === 'house/v1'
        ? priceMetrics(answers.slice(houses.training.length), houses.heldOut)
        : digitMetrics(answers, digits.heldOut);
    for (const [name, figure] of Object.entries(figures))
      expect(figure, name).toBeCloseTo(profile.metrics[name]!, 5);
  });
});

describe('house/v1', () => {
  it('knows houses built before 1990 better than those built since', async () => {
    const spec = parseSpec(json('house/v1', 'siskin.json'));
    const { metrics } = parseProfile(json('house/v1', 'reference.json'));
    const graph = await onnxGraph('house/v1');
    const later = priceMetrics(
      await answersOf(
        spec,
        graph,
        houses.since.map((house) => house.inputs),
      ),
      houses.since,
    );
    expect(later.median_relative_error).toBeCloseTo(metrics.median_relative_error_since_1990!, 5);
    expect(metrics.median_relative_error).toBeLessThan(0.082);
    expect(later.median_relative_error).toBeGreaterThan(1.5 * metrics.median_relative_error!);
  });

  it('is what its training script writes', async () => {
    const spec = parseSpec(json('house/v1', 'siskin.json'));
    const draft = houseSpec(houses.training);
    expect(parseSpec({ ...draft, format: spec.format, files: spec.files })).toEqual(spec);
    const bytes = toOnnx(await trainHouse(t, spec, houses.training), 'siskin demo');
    expect(Buffer.from(bytes).equals(read('house/v1', 'model.onnx'))).toBe(true);
  });
});

describe('digits', () => {
  const metrics = (id: Id) => parseProfile(json(id, 'reference.json')).metrics;

  it('has a second version that is plainly better, and a third that is plainly worse', () => {
    expect(metrics('digits/v1').accuracy).toBeGreaterThan(0.9);
    expect(metrics('digits/v2').accuracy).toBeGreaterThan(metrics('digits/v1').accuracy! + 0.03);
    expect(metrics('digits/v3').accuracy).toBeLessThan(metrics('digits/v1').accuracy! - 0.1);
  });

  it('has a third version that is wrong about 4 and 9 alone', () => {
    const third = metrics('digits/v3');
    for (let label = 0; label < 10; label++) {
      const recall = third[`recall_${label}`]!;
      if (label === 4 || label === 9) expect(recall).toBeLessThan(0.1);
      else expect(recall).toBeGreaterThan(0.8);
    }
  });
});

describe('splits', () => {
  it('hold out digits that are not trained on, not even as a copy', () => {
    const pixels = (digit: { pixels: Uint8Array }) => Buffer.from(digit.pixels).toString('base64');
    const seen = new Set(digits.training.map(pixels));
    expect(digits.training.length).toBe(8000);
    expect(digits.heldOut.length).toBe(2000);
    expect(digits.heldOut.filter((digit) => seen.has(pixels(digit)))).toEqual([]);
  });

  it('part all houses by the year they were built, and hold out some of the older ones', () => {
    const rows = Object.values(houses).flatMap((part) => part.map((house) => house.row));
    expect(rows.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 2930 }, (_, row) => row));
    expect(known.every((house) => house.inputs.year_built < 1990)).toBe(true);
    expect(houses.since.every((house) => house.inputs.year_built >= 1990)).toBe(true);
    expect([houses.training.length, houses.heldOut.length]).toEqual([1450, 363]);
  });
});
