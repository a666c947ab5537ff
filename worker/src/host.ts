/** What serving does for rollouts. Types only, so that each may know the other's. */
import type { Backend, ManifestModel } from '@siskin/protocol';
import type { BringOptions } from './bring.ts';
import type { Assignment, Live } from './serving/live.ts';

export interface ObtainOptions extends Omit<BringOptions, 'avoid'> {
  /** Taken, if it is the version. */
  running?: Live | undefined;
  /** So is what is held ready. */
  spare?: boolean;
}

export interface Host {
  /** A version that runs. */
  obtain(
    assignment: Assignment,
    model: ManifestModel,
    options: Omit<ObtainOptions, 'onProgress'> & Partial<ObtainOptions>,
  ): Promise<Live>;
  /** Follows the manifest anew: what it says may mean something else by now. */
  update(): void;
  retryLater(): void;
  /** From now on no version is loaded there, if it can be elsewhere. */
  avoid(backend: Backend): void;
  /** Aborted at the end. */
  signal: AbortSignal;
}
