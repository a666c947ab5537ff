/** Why a model was stopped, in words for its publisher. */
import { type ModelSpec, SiskinError } from '@siskin/protocol';

type Named = Pick<ModelSpec, 'name' | 'version'>;

const MIB = 2 ** 20;

export function tooSlow({ name, version }: Named, ms: number): SiskinError {
  return new SiskinError(
    'runtime_failed',
    `model "${name}" version "${version}" was not loaded and tested within ${ms / 1000} s: a device would wait as long. Make it smaller, or let it have more with \`trialSeconds\``,
  );
}

/** @param bytes that it may take. */
export function tooLarge({ name, version }: Named, bytes: number): SiskinError {
  return new SiskinError(
    'runtime_failed',
    `model "${name}" version "${version}" takes more memory than ${Math.round(bytes / MIB)} MiB: a device would not have it. Make it smaller, or let it have more with \`trialMemory\``,
  );
}

export function crashed({ name, version }: Named, cause: unknown, why: string): SiskinError {
  return new SiskinError(
    'runtime_failed',
    `model "${name}" version "${version}" made its runtime crash: ${why}. Open it with the runtime's own release, then publish it anew`,
    { cause },
  );
}
