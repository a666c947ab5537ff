/** Golden cases of the self-test: inputs with what the model answers, to be repeated on every device. */
import { parseSelfTest, type SelfTest, type Tensors } from '@siskin/protocol';

export interface Candidate {
  inputs: Tensors;
  outputs: Tensors;
  answer: { label: string | null; value: number | null; entropy: number | null; empty: boolean };
}

type Tolerance = SelfTest['tolerance']['default'];

/** Float32 arithmetic in another order. */
const DEFAULT: Tolerance = { absolute: 1e-4, relative: 1e-4 };
/** Looser: a GPU's exponentials are rougher, but a wrong kernel is wrong by far more. */
const WEBGPU: Tolerance = { absolute: 1e-2, relative: 1e-2 };

/** Numbers of all cases together: a self-test is downloaded. */
const MAX_NUMBERS = 2 ** 16;
const MAX_CASES = 8;

/** @throws SiskinError `spec_invalid` for cases that hold what a self-test cannot. */
export function selfTestOf(cases: readonly Candidate[], webgpu: Tolerance = WEBGPU): SelfTest {
  return parseSelfTest({
    v: 1,
    tolerance: { default: DEFAULT, webgpu },
    cases: cases.map(({ inputs, outputs }) => ({ inputs: plain(inputs), outputs: plain(outputs) })),
  });
}

/**
 * Those that tell most: answers of which the model is least sure, where errors show first, the surest,
 * the highest and the lowest, and as many labels as there is room for.
 */
export function telling(candidates: readonly Candidate[]): Candidate[] {
  const usable = candidates.filter(
    ({ inputs, outputs, answer }) => !answer.empty && allFinite(inputs) && allFinite(outputs),
  );
  const by = (key: (answer: Candidate['answer']) => number) =>
    usable.toSorted((a, b) => key(a.answer) - key(b.answer));
  const unsure = by(({ entropy }) => -(entropy ?? 0));
  const values = by(({ value }) => value ?? 0);
  const wanted = [
    ...unsure.slice(0, 3),
    unsure.at(-1),
    values[0],
    values.at(-1),
    values[values.length >> 1],
    ...new Map(usable.map((one) => [one.answer.label, one])).values(),
    ...usable,
  ];
  const picked = new Set<Candidate>();
  let numbers = 0;
  for (const one of wanted) {
    if (one === undefined || picked.has(one)) continue;
    numbers += volume(one.inputs) + volume(one.outputs);
    if (picked.size > 0 && (numbers > MAX_NUMBERS || picked.size === MAX_CASES)) break;
    picked.add(one);
  }
  return [...picked];
}

const volume = (tensors: Tensors): number =>
  Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);

function allFinite(tensors: Tensors): boolean {
  return Object.values(tensors).every(({ data }) =>
    Array.prototype.every.call(data, (value) => Number.isFinite(Number(value))),
  );
}

/** Nine significant digits tell every float32 apart. */
function plain(tensors: Tensors): SelfTest['cases'][number]['inputs'] {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { type, dims, data }]) => [
      name,
      {
        type,
        dims: [...dims],
        data: Array.from(data as Float32Array, (value) => Number(Number(value).toPrecision(9))),
      },
    ]),
  );
}
