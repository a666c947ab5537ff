/** Golden cases of the self-test: inputs with what the trained model answers. */
import { type ModelSpec, parseSelfTest, type SelfTest, type Tensors } from '@siskin/protocol';
import { createExtractor, type Graph, type Input, NO_SINK } from '@siskin/worker/reference';

type Tolerance = SelfTest['tolerance']['default'];

/** Float32 arithmetic in another order. */
const DEFAULT: Tolerance = { absolute: 1e-4, relative: 1e-4 };

/** @param webgpu looser: a GPU's exponentials are rougher, but a wrong kernel is wrong by far more. */
export async function selfTestOf(
  spec: ModelSpec,
  graph: Graph,
  rows: readonly Input[],
  webgpu: Tolerance,
): Promise<SelfTest> {
  const extract = await createExtractor(
    spec,
    graph.inputs.map((input) => input.name),
  );
  const cases: SelfTest['cases'] = [];
  for (const row of rows) {
    const inputs = extract(row, NO_SINK);
    cases.push({ inputs: plain(inputs), outputs: plain(await graph.run(inputs)) });
  }
  return parseSelfTest({ v: 1, tolerance: { default: DEFAULT, webgpu }, cases });
}

/** Nine significant digits tell every float32 apart. */
function plain(tensors: Tensors): SelfTest['cases'][number]['inputs'] {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { type, dims, data }]) => [
      name,
      {
        type,
        dims: [...dims],
        data: Array.from(data as Float32Array, (value) => Number(value.toPrecision(9))),
      },
    ]),
  );
}
