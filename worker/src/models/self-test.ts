/** Golden cases on this device: arithmetic that is wrong here is found before a user sees it. */
import {
  differenceOf,
  type ModelSpec,
  messageOf,
  parseSelfTest,
  type SelfTest,
  SiskinError,
  tensorsOf,
} from '@siskin/protocol';
import type { Session } from '../runtimes/runtime.ts';
import { stopIfAborted } from './abort.ts';

/** @throws SiskinError `spec_invalid`. */
export function readSelfTest(bytes: Uint8Array): SelfTest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new SiskinError('spec_invalid', 'the self-test is not JSON: publish it anew', { cause });
  }
  return parseSelfTest(value);
}

/**
 * Runs every case; also what makes a GPU compile its shaders before the first prediction.
 * @throws SiskinError `self_test_failed` if an answer differs, `runtime_failed` if there is none.
 */
export async function runSelfTest(
  { name, version }: ModelSpec,
  session: Session,
  { cases, tolerance }: SelfTest,
  signal: AbortSignal | undefined,
): Promise<void> {
  const allowed = tolerance[session.backend] ?? tolerance.default;
  for (const { inputs, outputs } of cases) {
    stopIfAborted(signal);
    const got = await session.run(tensorsOf(inputs)).catch((cause: unknown) => {
      throw new SiskinError('runtime_failed', `the self-test did not run: ${messageOf(cause)}`, {
        cause,
      });
    });
    const difference = differenceOf(got, outputs, allowed);
    if (difference !== undefined) {
      throw new SiskinError(
        'self_test_failed',
        `model "${name}" version "${version}" answers wrongly on ${session.backend}: ${difference}`,
      );
    }
  }
}
