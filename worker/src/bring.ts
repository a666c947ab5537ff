/**
 * From an assignment to a version that may answer: loaded, verified, and with what its predictions go
 * through. Itself loaded while the manifest is on its way: a worker starts without it.
 */
import {
  type Backend,
  type Catalogue,
  catalogueOf,
  type ManifestVersion,
  messageOf,
  SiskinError,
} from '@siskin/protocol';
import type { EngineEvent, Progress } from './api.ts';
import { type LoadDeps, loadVersion } from './models/load.ts';
import { importPath, preparePath } from './path.ts';
import type { Choice } from './runtimes/runtime.ts';
import { type Assignment, createLive, type Live } from './serving/live.ts';

export interface BringDeps extends Pick<LoadDeps, 'store' | 'fetch' | 'now' | 'choose'> {
  manifestUrl: string;
  onLoaded(live: Live, ms: number): void;
  onFailed(assignment: Assignment, catalogue: Catalogue, error: SiskinError): void;
  onEvent(event: EngineEvent): void;
}

export interface BringOptions extends Pick<LoadDeps, 'beforeRun'> {
  signal: AbortSignal;
  onProgress(progress: Progress): void;
  /** Backends that something hangs on: others come first. */
  avoid: ReadonlySet<Backend>;
}

/** @throws SiskinError as `loadVersion` does, counted; the signal's reason once it is aborted. */
export async function bring(
  assignment: Assignment,
  version: ManifestVersion,
  { manifestUrl, onLoaded, onFailed, onEvent, ...deps }: BringDeps,
  { signal, avoid, ...options }: BringOptions,
): Promise<Live> {
  const start = deps.now();
  importPath(version);
  try {
    const { session, fallback, timings } = await loadVersion(version, {
      ...deps,
      ...options,
      choose: (format) => chooseOthers(deps.choose(format), avoid),
      baseUrl: manifestUrl,
      signal,
      onWarning: (error) => onEvent({ type: 'error', error: error.toData() }),
    });
    if (signal.aborted) {
      await session.dispose();
      throw signal.reason;
    }
    const live = createLive(assignment, version, session, fallback);
    await preparePath(live).catch(async (error: unknown) => {
      await live.dispose();
      throw error;
    });
    const load = deps.now() - start;
    live.timings = { load, warmup: timings.warmup };
    onLoaded(live, load);
    return live;
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    const error = SiskinError.from(thrown, 'runtime_failed', messageOf(thrown));
    onFailed(assignment, catalogueOf(version.spec, version.series), error);
    throw error;
  }
}

async function chooseOthers(
  choosing: Promise<Choice>,
  avoid: ReadonlySet<Backend>,
): Promise<Choice> {
  const { candidates, ...choice } = await choosing;
  const others = candidates.filter(({ backend }) => !avoid.has(backend));
  return { ...choice, candidates: others.length > 0 ? others : candidates };
}
