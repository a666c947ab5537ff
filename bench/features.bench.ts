/**
 * What preparing and counting an input costs: the tensor and the features of a 224×224 photo, and of a
 * row of 100 columns with the binning of each into a window's counts. `bare` is the least that any
 * preprocessing does: one loop that scales the same pixels, or the same row, into a tensor. Taken in
 * turns in one run; medians.
 */
import {
  catalogueOf,
  type DataSeries,
  type ModelSpec,
  type ModelSpecInput,
  parseSpec,
} from '@siskin/protocol';
import { Counter, createExtractor, type Input, NO_SINK, Recorder } from '@siskin/worker/reference';
import { randomFrom } from '../demo/data/random.ts';

const SIDE = 224;
const COLUMNS = 100;
const ROOFS = ['flat', 'gable', 'hip', 'mansard', 'gambrel', 'shed', 'dome', 'other'];
/** Rounds are measured after as many that are not. */
const ROUNDS = 100;
const ROWS_A_ROUND = 200;

function specOf(inputs: ModelSpecInput['inputs']): ModelSpec {
  return parseSpec({
    name: 'bench',
    version: 'v1',
    format: 'onnx',
    files: ['model.onnx'],
    inputs,
    outputs: [{ kind: 'regression' }],
  });
}

function counterOf(spec: ModelSpec, series: DataSeries[]): Counter {
  const key = { model: spec.name, version: spec.version, arm: 'champion', sequence: 1 } as const;
  return new Counter(key, catalogueOf(spec, series));
}

const numeric = (name: string, center: number, scale: number): DataSeries => ({
  name,
  kind: 'numeric',
  center,
  scale,
  atoms: [0],
  min: center - 3 * scale,
  max: center + 3 * scale,
});

/** Median ms of each piece of work; they take turns, so that the machine's moods are shared. */
function timed(...works: (() => void)[]): number[] {
  const times: number[][] = works.map(() => []);
  for (let round = 0; round < 2 * ROUNDS; round++) {
    for (const [i, work] of works.entries()) {
      const start = performance.now();
      work();
      if (round >= ROUNDS) times[i]!.push(performance.now() - start);
    }
  }
  return times.map((list) => list.sort((a, b) => a - b)[ROUNDS / 2]!);
}

/** A slope with noise, as bytes of red, green, blue and alpha. */
function photo(width: number, height: number) {
  const random = randomFrom(1);
  const slope = (i: number) => 40 + (140 * (i % (4 * width))) / (4 * width);
  const data = Uint8ClampedArray.from(
    { length: width * height * 4 },
    (_, i) => slope(i) + 60 * random(),
  );
  return { data, width, height };
}

async function measureImages() {
  const spec = specOf([
    {
      name: 'photo',
      kind: 'image',
      width: SIDE,
      height: SIDE,
      channels: 3,
      mean: 0.45,
      scale: 0.22,
    },
  ]);
  const extract = await createExtractor(spec, ['x']);
  const features: string[] = [];
  extract(photo(8, 8), { ...NO_SINK, number: (name) => features.push(name) });
  const counter = counterOf(
    spec,
    features.map((name) => numeric(name, 100, 50)),
  );
  const count = (input: Input) => {
    const recorder = new Recorder();
    extract(input, recorder);
    recorder.replay(counter);
  };
  const [given, large] = [photo(SIDE, SIDE), photo(640, 480)];
  let kept = new Float32Array();
  const bare = () => {
    const { data } = given;
    const tensor = new Float32Array(SIDE * SIDE * 3);
    for (let i = 0, j = 0; i < data.length; i += 4, j += 3) {
      tensor[j] = (data[i]! / 255 - 0.45) / 0.22;
      tensor[j + 1] = (data[i + 1]! / 255 - 0.45) / 0.22;
      tensor[j + 2] = (data[i + 2]! / 255 - 0.45) / 0.22;
    }
    kept = tensor;
  };
  const times = timed(
    () => count(given),
    () => count(large),
    bare,
  );
  if (kept.length === 0) throw new Error('nothing was measured');
  return times;
}

async function measureRows() {
  const names = Array.from({ length: COLUMNS }, (_, i) => `column_${i}`);
  const isNumeric = (i: number) => i % 5 !== 4;
  const spec = specOf(
    names.map((name, i) =>
      isNumeric(i)
        ? { name, kind: 'numeric', fill: 0, mean: 1, scale: 2 }
        : { name, kind: 'categorical', categories: ROOFS },
    ),
  );
  const extract = await createExtractor(spec, ['x']);
  const counter = counterOf(
    spec,
    names.map((name, i) =>
      isNumeric(i)
        ? numeric(`input/${name}`, 1, 2)
        : { name: `input/${name}`, kind: 'category', categories: ROOFS },
    ),
  );
  const random = randomFrom(2);
  const value = (i: number) =>
    isNumeric(i) ? 8 * random() - 3 : ROOFS[Math.floor(random() * ROOFS.length)]!;
  // As they come out of postMessage.
  const rows = Array.from({ length: ROWS_A_ROUND }, () =>
    structuredClone(Object.fromEntries(names.map((name, i) => [name, value(i)]))),
  );
  const width = spec.inputs.reduce((sum, { kind }) => sum + (kind === 'numeric' ? 1 : 8), 0);
  let kept = new Float32Array();
  const bare = () => {
    for (const row of rows) {
      const tensor = new Float32Array(width);
      let at = 0;
      for (let i = 0; i < COLUMNS; i++) {
        const given = row[names[i]!]!;
        if (typeof given === 'number') tensor[at++] = (given - 1) / 2;
        else {
          tensor[at + ROOFS.indexOf(given)] = 1;
          at += ROOFS.length;
        }
      }
      kept = tensor;
    }
  };
  const times = timed(() => {
    for (const row of rows) {
      const recorder = new Recorder();
      extract(row, recorder);
      recorder.replay(counter);
    }
  }, bare);
  if (kept.length === 0 || counter.toEntry() === undefined) throw new Error('nothing was measured');
  return times.map((ms) => (ms / ROWS_A_ROUND) * 1000);
}

const rounded = (value: number) => Math.round(value * 1000) / 1000;

export async function run(): Promise<object> {
  const [image, large, bareImage] = (await measureImages()) as [number, number, number];
  const [row, bareRow] = (await measureRows()) as [number, number];
  return {
    name: 'features',
    image_224_ms: rounded(image),
    row_100_us: rounded(row),
    ratio_to_bare: rounded(image / bareImage),
    image_640x480_to_224_ms: rounded(large),
    bare_image_224_ms: rounded(bareImage),
    bare_row_100_us: rounded(bareRow),
    row_ratio_to_bare: rounded(row / bareRow),
    limits: { image_224_ms: 2, row_100_us: 20 },
  };
}
