/**
 * A version from its manifest entry to a session that has proved itself: every file verified, the
 * first backend that gives the golden answers.
 */
import {
  type Backend,
  type Fallback,
  type ManifestVersion,
  type ModelSpec,
  messageOf,
  type SelfTest,
  SiskinError,
} from '@siskin/protocol';
import type { Progress } from '../api.ts';
import type { Candidate, Choice, ModelFiles, Session } from '../runtimes/runtime.ts';
import { stopIfAborted } from './abort.ts';
import { type ObtainOptions, obtain } from './obtain.ts';

export interface LoadDeps extends Omit<ObtainOptions, 'onProgress'> {
  /** Milliseconds, for the timings. */
  now(): number;
  choose(format: ModelSpec['format']): Promise<Choice>;
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Awaited when the files are there, before anything of theirs runs. */
  beforeRun?: (() => Promise<void>) | undefined;
}

export interface Loaded {
  session: Session;
  backend: Backend;
  /** Why the preferred backend is not the one; absent if it is. */
  fallback?: Fallback;
  /** Milliseconds. */
  timings: { download: number; create: number; warmup: number };
  /** `store`: nothing crossed the network. */
  source: 'network' | 'store';
}

/**
 * @throws SiskinError as `download` does; `spec_invalid` if spec and graph disagree; where no backend
 *   is left, the last one's `self_test_failed`, `model_corrupt` or `runtime_failed`.
 */
export async function loadVersion(version: ManifestVersion, deps: LoadDeps): Promise<Loaded> {
  const { spec, files, selfTest } = version;
  const { signal, now, onProgress } = deps;
  const start = now();
  const choosing = chooseAndImport(spec.format, deps);
  const checking = import('./checks.ts');
  checking.catch(() => undefined);
  const artifacts = selfTest === undefined ? files : [...files, selfTest];
  const { contents, source, kept } = await obtain(artifacts, {
    ...deps,
    onProgress: (received, total) => onProgress?.({ phase: 'download', received, total }),
  });
  const download = now() - start;
  try {
    const checks = await checking.catch(notImported('the checks of models'));
    const attempt: Attempt = {
      spec,
      checks,
      files: new Map(files.map(({ name }, i) => [name, contents[i]!])),
      selfTest: selfTest === undefined ? undefined : checks.readSelfTest(contents.at(-1)!),
      signal,
      now,
      onProgress,
    };
    const { candidates, fallback } = await choosing;
    await deps.beforeRun?.();
    const { failed, ...won } = await firstThatWorks(candidates, attempt);
    const why = fallback ?? failed;
    return {
      session: won.session,
      backend: won.session.backend,
      ...(why === undefined ? {} : { fallback: why }),
      timings: { download, create: won.create, warmup: won.warmup },
      source,
    };
  } finally {
    await kept;
  }
}

/** The first runtime's code comes in while the model's files do. */
function chooseAndImport(format: ModelSpec['format'], { choose }: LoadDeps): Promise<Choice> {
  const choosing = choose(format);
  // A failure is met again, and told, when its turn comes.
  choosing.then(({ candidates }) => candidates[0]?.import()).catch(() => undefined);
  return choosing;
}

interface Attempt extends Pick<LoadDeps, 'signal' | 'now' | 'onProgress'> {
  spec: ModelSpec;
  checks: typeof import('./checks.ts');
  files: ModelFiles;
  selfTest: SelfTest | undefined;
}

interface Won {
  session: Session;
  create: number;
  warmup: number;
}

async function firstThatWorks(
  candidates: readonly Candidate[],
  attempt: Attempt,
): Promise<Won & { failed?: Fallback }> {
  const { name, version, format } = attempt.spec;
  let failed: Fallback | undefined;
  const errors: SiskinError[] = [];
  for (const candidate of candidates) {
    try {
      const won = await tryOne(candidate, attempt);
      return failed === undefined ? won : { ...won, failed };
    } catch (thrown) {
      stopIfAborted(attempt.signal);
      const error = SiskinError.from(
        thrown,
        'runtime_failed',
        `${candidate.backend} failed: ${messageOf(thrown)}`,
      );
      // The spec is as wrong on every backend.
      if (error.code === 'spec_invalid') throw error;
      errors.push(error);
      failed ??= error.code === 'self_test_failed' ? 'self-test' : 'failed';
    }
  }
  const last = errors.at(-1);
  throw new SiskinError(
    last?.code ?? 'runtime_failed',
    last === undefined
      ? `no allowed backend runs ${format} models here: allow "wasm" in \`backends\``
      : `no backend runs model "${name}" version "${version}": ${errors.map((e) => e.message).join('; ')}`,
    { cause: last, retryable: errors.some((error) => error.retryable) },
  );
}

async function tryOne(candidate: Candidate, attempt: Attempt): Promise<Won> {
  const { spec, checks, files, selfTest, signal, now, onProgress } = attempt;
  const { backend } = candidate;
  const start = now();
  stopIfAborted(signal);
  onProgress?.({ phase: 'compile', backend });
  const runtime = await imported(candidate);
  stopIfAborted(signal);
  const session = await runtime.create(spec, files);
  const created = now();
  try {
    stopIfAborted(signal);
    checks.checkGraph(spec, session);
    onProgress?.({ phase: 'warmup', backend });
    if (selfTest !== undefined) await checks.runSelfTest(spec, session, selfTest, signal);
    return { session, create: created - start, warmup: now() - created };
  } catch (error) {
    await session.dispose().catch(() => undefined);
    throw error;
  }
}

function imported(candidate: Candidate) {
  return candidate.import().catch(notImported(`the runtime for ${candidate.backend}`));
}

function notImported(what: string) {
  return (cause: unknown): never => {
    throw new SiskinError(
      'runtime_failed',
      `${what} could not be imported: ${messageOf(cause)}. Reload the page`,
      { cause, retryable: true },
    );
  };
}
