/** A version that is loaded and may answer. */
import {
  type Arm,
  type Backend,
  type Catalogue,
  catalogueOf,
  type Fallback,
  type ManifestVersion,
  type ModelSpec,
} from '@siskin/protocol';
import type { Input, PredictionData } from '../api.ts';
import type { Session } from '../runtimes/runtime.ts';

/** Why this version is here: the arm and the manifest that chose it. */
export interface Assignment {
  model: string;
  version: string;
  arm: Arm;
  sequence: number;
}

/** What a rollout wants to know of a prediction. */
export interface Answered {
  data: PredictionData;
  /** The graph answered nothing usable. */
  empty: boolean;
}

/** Answers with a version. `since`: when its turn began, if that is not when it was asked. */
export type Ask<T extends Answered> = (live: Live, input: Input, since?: number) => Promise<T>;

/** What a rollout adds to every prediction of a version. */
export interface Trial {
  /** @throws what `ask` throws, if nobody else can answer either. */
  run<T extends Answered>(live: Live, input: Input, ask: Ask<T>): Promise<T>;
}

export interface Live {
  assignment: Assignment;
  readonly version: ManifestVersion;
  readonly catalogue: Catalogue;
  readonly session: Session;
  readonly backend: Backend;
  readonly fallback: Fallback | undefined;
  /** The manifest's, or its spec's. */
  automation: ModelSpec['automation'];
  /** Milliseconds: until it could answer, and of that its first answers. */
  timings: { load: number; warmup: number };
  trial: Trial | undefined;
  dispose: () => Promise<void>;
}

export function createLive(
  assignment: Assignment,
  version: ManifestVersion,
  session: Session,
  fallback: Fallback | undefined,
): Live {
  return {
    assignment,
    version,
    catalogue: catalogueOf(version.spec, version.series),
    session,
    backend: session.backend,
    fallback,
    automation: version.spec.automation,
    timings: { load: 0, warmup: 0 },
    trial: undefined,
    dispose: () => session.dispose(),
  };
}

/** Of a model that is switched off: nothing is loaded, and nothing runs. */
export function createOff(assignment: Assignment, version: ManifestVersion): Live {
  const nothing = async () => ({});
  return createLive(
    assignment,
    version,
    { backend: 'none', inputs: [], outputs: [], run: nothing, dispose: async () => undefined },
    undefined,
  );
}

/** Nothing else has this backend. */
export function isOff(live: Live): boolean {
  return live.backend === 'none';
}
