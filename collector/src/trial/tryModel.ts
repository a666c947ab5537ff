/** Does a model do what its publisher says? Loaded and asked as on a device without a GPU. */
import { readFile } from 'node:fs/promises';
import {
  type Backend,
  type ModelSpec,
  messageOf,
  type ReferenceProfile,
  type SelfTest,
  SiskinError,
  tensorsOf,
} from '@siskin/protocol';
import {
  answersOf,
  CPU_BACKENDS,
  createReader,
  type ModelFiles,
  openGraph,
  readSelfTest,
  runSelfTest,
  type Session,
} from '@siskin/worker/reference';
import type { TrialRequest, TrialResult } from './contract.ts';
import { explained } from './explained.ts';
import { typicalInput } from './typicalInput.ts';

/**
 * The first backend that can run the model has to give the golden answers. A backend that cannot run it
 * is passed over, as devices do; one that answers wrongly is not, and a spec that does not fit is as
 * wrong on every one.
 * @throws SiskinError `model_corrupt`, `runtime_failed`, `self_test_failed` or `spec_invalid`.
 */
export async function tryModel(request: TrialRequest): Promise<TrialResult> {
  const { spec, profile } = request;
  const files: ModelFiles = new Map(
    await Promise.all(
      request.files.map(async ({ name, path }) => [name, await bytesAt(path)] as const),
    ),
  );
  const selfTest =
    request.selfTest === undefined
      ? undefined
      : checked(readSelfTest(await bytesAt(request.selfTest)));
  const warnings: string[] = [];
  let first: SiskinError | undefined;
  for (const backend of CPU_BACKENDS[spec.format]) {
    try {
      const cases = await tryOn(backend, spec, files, profile, selfTest);
      if (first !== undefined) {
        warnings.push(`devices without a GPU run it on ${backend}, slowly: ${first.message}`);
      }
      if (selfTest === undefined) warnings.push(NO_SELF_TEST);
      return { backend, cases, warnings };
    } catch (thrown) {
      const error = explained(thrown, spec.format);
      if (error.code === 'self_test_failed' || error.code === 'spec_invalid') throw error;
      first ??= error;
    }
  }
  throw first!;
}

const NO_SELF_TEST =
  'there is no self-test, so a device whose arithmetic is wrong will not notice: `siskin profile` writes one';

async function bytesAt(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const buffer = await readFile(path);
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** @throws SiskinError `spec_invalid` for a case that every model would pass. */
function checked(selfTest: SelfTest): SelfTest {
  const at = selfTest.cases.findIndex(({ outputs }) =>
    Object.values(outputs).every(({ data }) => data.length === 0),
  );
  if (at < 0) return selfTest;
  throw new SiskinError(
    'spec_invalid',
    `case ${at + 1} of the self-test expects no numbers at all: make it anew with \`siskin profile\``,
  );
}

/** @returns golden cases that passed. */
async function tryOn(
  backend: Backend,
  spec: ModelSpec,
  files: ModelFiles,
  profile: ReferenceProfile,
  selfTest: SelfTest | undefined,
): Promise<number> {
  const session = await openGraph(spec, files, backend);
  try {
    if (selfTest === undefined) {
      await askOnce(spec, session, profile);
      return 0;
    }
    await runSelfTest(spec, session, selfTest, undefined);
    await readGolden(spec, session, selfTest);
    return selfTest.cases.length;
  } finally {
    await session.dispose();
  }
}

/** The outputs that the spec describes are those of the graph, not only of the same name. */
async function readGolden(spec: ModelSpec, session: Session, { cases }: SelfTest): Promise<void> {
  const read = createReader(spec, session.outputs);
  const outputs = await session.run(tensorsOf(cases[0]!.inputs));
  try {
    read(outputs);
  } catch (cause) {
    throw misread(spec, cause);
  }
}

async function askOnce(
  spec: ModelSpec,
  session: Session,
  profile: ReferenceProfile,
): Promise<void> {
  const [answer] = await answersOf(spec, session, [typicalInput(spec, profile)]).catch(
    (cause: unknown) => {
      throw cause instanceof SiskinError && cause.code === 'prediction_failed'
        ? misread(spec, cause)
        : cause;
    },
  );
  if (answer!.empty) {
    throw new SiskinError(
      'self_test_failed',
      `model "${spec.name}" version "${spec.version}" answers an input like those of its reference with NaN or infinity: publish it with a self-test`,
    );
  }
}

function misread({ name, version }: ModelSpec, cause: unknown): SiskinError {
  return new SiskinError(
    'spec_invalid',
    `the spec of model "${name}" version "${version}" does not describe what its graph answers: ${messageOf(cause)}`,
    { cause },
  );
}
