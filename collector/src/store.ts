/**
 * What the collector asks of storage: two narrow interfaces that every engine implements and that
 * `store/conformance.ts` tests. Counts are the hot path; the control plane is small and transactional.
 */
import type {
  Arm,
  Envelope,
  ModelSpec,
  ReferenceProfile,
  SparseCounts,
  Target,
} from '@siskin/protocol';

/** One histogram of one window. Windows are named by their start, epoch milliseconds. */
export interface WindowKey {
  app: string;
  model: string;
  version: string;
  arm: Arm;
  series: string;
  /** Telemetry group of the devices, 0 … 15. */
  group: number;
  window: number;
}

export interface WindowRow extends WindowKey {
  counts: SparseCounts;
}

export interface BatchRef {
  app: string;
  id: string;
  /** Epoch milliseconds, by this server's clock. */
  receivedAt: number;
}

export interface CountsQuery {
  app: string;
  model: string;
  /** Windows that start at or after `from` and before `until`, epoch milliseconds. */
  from: number;
  until: number;
  /** Only series whose names begin so; left out, all. */
  prefix?: string;
}

export interface CountStore {
  /**
   * One durable transaction: remembers the batches' ids, asks `rowsOf` for the rows of those that
   * are new, and adds these to what is stored. When it resolves, a crash loses nothing of it; when
   * it rejects, nothing of it has happened.
   * @param rowsOf gets, by batch, whether it is new; the second of two equal ids is not. Keys of the
   *   rows are distinct.
   * @returns what `rowsOf` was told.
   */
  append(
    batches: readonly BatchRef[],
    rowsOf: (isNew: readonly boolean[]) => readonly WindowRow[],
  ): Promise<boolean[]>;
  read(query: CountsQuery): Promise<WindowRow[]>;
  /** Forgets batch ids received before `before`; the counts stay. Returns how many. */
  forgetBatches(before: number): Promise<number>;
}

export interface AppRecord {
  name: string;
  /** Publishable: anyone who reads the page's source has it. */
  writeKey: string;
  secretHash: string;
  createdAt: number;
}

export interface StoredFile {
  name: string;
  sha256: string;
  bytes: number;
}

/** What an artifact key signed of a version: exact text, and its signatures. */
export interface Seal {
  record: string;
  signatures: Envelope['signatures'];
}

/** Immutable once stored, but for its seal. */
export interface VersionRecord {
  app: string;
  model: string;
  version: string;
  spec: ModelSpec;
  profile: ReferenceProfile;
  files: StoredFile[];
  selfTest?: StoredFile;
  /** Hash of all of the above: two publications of one version agree or conflict. */
  digest: string;
  /** By the newest artifact key; absent where there is no key list. */
  seal?: Seal;
  createdAt: number;
}

export interface Guard {
  name: string;
  promoteRatio?: number;
  /** Share of the canary's devices below which the guarded event does not matter. */
  negligible?: number;
}

/** What a rollout does by itself. */
export interface RolloutPolicy {
  /** Shares of devices, ascending, each above 0 and below 1; after the last one comes everybody. */
  steps: number[];
  /** How long a step lasts at least, and at most before a person is asked, ms. */
  bakeMs: number;
  deadlineMs: number;
  /** Canary devices that a step needs. */
  minDevices: number;
  guards: Guard[];
  /** Shares that somebody has to approve first; 1 is everybody. */
  gates: number[];
  alpha: number;
  promoteRatio: number;
}

export interface RolloutState {
  strategy: 'canary' | 'rolling' | 'shadow' | 'blue-green';
  version: string;
  /** Share of devices, 0 … 1. Of blue-green: 1 if green is live, or else 0. */
  share: number;
  /** One for each rollout, so it names it as well. */
  salt: string;
  target?: Target;
  /** Of a shadow: share of predictions that are answered twice. */
  sample?: number;
  /**
   * `waiting`: for a person's yes, or because time was up. `held`: its counts cannot be trusted. `paused`:
   * by a person, and not even rolled back by itself.
   */
  state: 'running' | 'waiting' | 'paused' | 'held';
  /** With which sequence, and when, counting for this step began. */
  from: number;
  since: number;
  policy?: RolloutPolicy;
  /** Of guards on times: the first bin that is slow, frozen when the rollout started. */
  edges?: Record<string, number>;
}

/** What is live of one model from `sequence` on; the newest one is current. Never changed. */
export interface Deployment {
  app: string;
  model: string;
  sequence: number;
  champion: string;
  rollout?: RolloutState;
  /** Versions that devices keep for a rollback. */
  keep?: string[];
  /** The model is switched off. */
  off?: boolean;
  /** All devices run the champion, and no rollout may start. */
  pinned?: boolean;
  /** In place of the versions' own. */
  automation?: ModelSpec['automation'];
  cause:
    | 'publish'
    | 'start'
    | 'widen'
    | 'wait'
    | 'hold'
    | 'pause'
    | 'resume'
    | 'flip'
    | 'promote'
    | 'rollback'
    | 'pin'
    | 'unpin'
    | 'off'
    | 'on'
    | 'automation';
  at: number;
  /** Who did it: a person, or "siskin" itself. */
  by?: string;
  /** In plain words. */
  why?: string;
}

export interface IssuedManifest {
  app: string;
  sequence: number;
  /** Epoch milliseconds. */
  issued: number;
  expires: number;
  /** The signed envelope, exactly as served. */
  envelope: string;
}

export interface AuditEntry {
  app: string;
  at: number;
  action: string;
  model?: string;
  detail: Record<string, unknown>;
}

export interface ControlReader {
  apps(): Promise<AppRecord[]>;
  app(name: string): Promise<AppRecord | undefined>;
  appOfKey(writeKey: string): Promise<AppRecord | undefined>;
  version(app: string, model: string, version: string): Promise<VersionRecord | undefined>;
  /** Oldest first. */
  versions(app: string, model: string): Promise<VersionRecord[]>;
  /** The current deployment of every model of an app, by model name. */
  live(app: string): Promise<Deployment[]>;
  /** What was live when, newest first. */
  deployments(app: string, model: string): Promise<Deployment[]>;
  manifest(app: string): Promise<IssuedManifest | undefined>;
  /** Newest first. */
  audit(app: string, limit: number): Promise<AuditEntry[]>;
}

export interface ControlWriter extends ControlReader {
  /** Without its seal. */
  addVersion(record: VersionRecord): Promise<void>;
  /** Replaces it: artifact keys change. */
  putSeal(app: string, model: string, version: string, seal: Seal): Promise<void>;
  addDeployment(deployment: Deployment): Promise<void>;
  /** Replaces the app's manifest. */
  putManifest(manifest: IssuedManifest): Promise<void>;
  addAudit(entry: AuditEntry): Promise<void>;
}

export interface ControlStore extends ControlReader {
  /** @throws SiskinError `conflict` if there is an app of that name. */
  createApp(record: AppRecord): Promise<void>;
  /**
   * Runs `work` in one transaction; changes of one app happen one after another, also across
   * processes. `work` awaits nothing but the writer it is given.
   * @throws SiskinError `not_found` if there is no such app.
   */
  change<T>(app: string, work: (tx: ControlWriter) => Promise<T>): Promise<T>;
  /**
   * Takes or renews what only one process may do at a time, unless another one holds it. Atomic across
   * processes; whoever dies loses it when it expires.
   * @param now epoch milliseconds. @returns whether `holder` holds it until `now + ms`.
   */
  lease(name: string, holder: string, now: number, ms: number): Promise<boolean>;
}

export interface Store {
  counts: CountStore;
  control: ControlStore;
  close(): Promise<void>;
}
