/** A version that is loaded and may answer. */
import {
  type Arm,
  type Backend,
  type Catalogue,
  catalogueOf,
  type Fallback,
  type ManifestVersion,
} from '@siskin/protocol';
import type { Session } from '../runtimes/runtime.ts';

/** Why this version is here: the arm and the manifest that chose it. */
export interface Assignment {
  model: string;
  version: string;
  arm: Arm;
  sequence: number;
}

export interface Live {
  assignment: Assignment;
  readonly version: ManifestVersion;
  readonly catalogue: Catalogue;
  readonly session: Session;
  readonly backend: Backend;
  readonly fallback: Fallback | undefined;
  dispose(): Promise<void>;
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
    dispose: () => session.dispose(),
  };
}
