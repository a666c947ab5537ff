/** The one IndexedDB database of an app on this device. */
import {
  type Batch,
  type BatchEntry,
  type Catalogue,
  messageOf,
  SiskinError,
} from '@siskin/protocol';
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

export interface StoredArtifact {
  bytes: ArrayBuffer;
  /** `Date.now()` of the last use, for eviction. */
  usedAt: number;
}

/** A window that is closed and waits to be acknowledged by the collector. */
export interface SealedBatch {
  batch: Omit<Batch, 'age'>;
  /** `Date.now()` at the end of the window. */
  sealedAt: number;
}

/** A window still being counted, written down so that a killed tab loses little. */
export interface Checkpoint extends SealedBatch {
  /** The engine instance that counts it; whoever finds it orphaned seals it. */
  owner: string;
}

/** What was answered, for the label that may come. */
export interface StoredDecision {
  assignment: Pick<BatchEntry, 'model' | 'version' | 'arm' | 'sequence'>;
  label: string | null;
  confidence: number | null;
  value: number | null;
  /** The first truth that was told. */
  truth?: string | number;
  /** Whether another one has been compared with it. */
  checked?: boolean;
  /** `Date.now()` from which it is no longer kept. */
  until: number;
}

/** What the outcomes of a version are counted by, under `model` and `version`. */
export interface StoredCatalogue {
  catalogue: Catalogue;
  until: number;
}

export interface Schema extends DBSchema {
  /** Model files by SHA-256 in hex. */
  artifacts: { key: string; value: StoredArtifact };
  /** Sealed batches by batch id. */
  outbox: { key: string; value: SealedBatch };
  /** Open windows by batch id. */
  checkpoints: { key: string; value: Checkpoint };
  /** Small facts: installation id, group, last verified manifest, what was reported. */
  facts: { key: string; value: unknown };
  /** Answers by prediction id. */
  decisions: {
    key: string;
    value: StoredDecision | StoredCatalogue;
    indexes: { until: number };
  };
}

export type Database = IDBPDatabase<Schema>;

/** @throws SiskinError `storage_failed` where this page may not use IndexedDB. */
export async function openDatabase(app: string): Promise<Database> {
  try {
    return await openDB<Schema>(`siskin-${app}`, 2, {
      upgrade(database, from) {
        if (from < 1) {
          for (const store of ['artifacts', 'outbox', 'checkpoints', 'facts'] as const) {
            database.createObjectStore(store);
          }
        }
        database.createObjectStore('decisions').createIndex('until', 'until');
      },
      // Another tab upgrades or deletes it: let go. This engine goes on without storage.
      blocking(_current, _blocked, event) {
        (event.target as IDBDatabase).close();
      },
    });
  } catch (cause) {
    throw new SiskinError(
      'storage_failed',
      `IndexedDB cannot be used here: ${messageOf(cause)}. Are cookies and site data blocked for this page?`,
      { cause },
    );
  }
}
