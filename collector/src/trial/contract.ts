/** What crosses between the collector and the process in which a published model is tried. */
import type { Backend, ErrorData, ModelSpec, ReferenceProfile } from '@siskin/protocol';

export interface TrialRequest {
  spec: ModelSpec;
  profile: ReferenceProfile;
  /** Every file of the spec, and where it lies. */
  files: readonly { name: string; path: string }[];
  /** Path of the self-test, if there is one. */
  selfTest?: string;
}

/** What was found of a model that passed. */
export interface TrialResult {
  backend: Backend;
  /** Golden cases that were answered rightly; 0: there is no self-test. */
  cases: number;
  /** For a person: what a device will meet, though it is no reason to refuse the model. */
  warnings: string[];
}

export interface TrialOrder {
  request: TrialRequest;
  /** Bytes that the model may take. */
  memory: number;
}

export type TrialAnswer = { ok: true; result: TrialResult } | { ok: false; error: ErrorData };
