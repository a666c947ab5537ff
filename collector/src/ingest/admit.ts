/** Decides whether a decoded batch may be counted: its shape, and each count against its version. */
import { type Batch, type Catalogue, checkEntry, parseBatch, SiskinError } from '@siskin/protocol';

/** The series that a model version of an app counts; undefined if there is no such version. */
export type FindCatalogue = (
  app: string,
  model: string,
  version: string,
) => Promise<Catalogue | undefined>;

/** Whether an app has had a manifest of this sequence. */
export type IsIssued = (app: string, sequence: number) => Promise<boolean>;

/**
 * All of a batch or nothing of it: half a batch could not be told from a whole one later.
 * @throws SiskinError `batch_invalid`, `batch_unknown_series` or `model_unknown`.
 */
export async function admit(
  app: string,
  value: unknown,
  { findCatalogue, isIssued }: { findCatalogue: FindCatalogue; isIssued: IsIssued },
): Promise<Batch> {
  const batch = parseBatch(value);
  for (const entry of batch.entries) {
    // It names series of devices, and a step of a rollout that has not begun is not to be voted on.
    if (!(await isIssued(app, entry.sequence))) {
      throw new SiskinError(
        'batch_invalid',
        `app "${app}" has had no manifest of sequence ${entry.sequence} yet`,
      );
    }
    const catalogue = await findCatalogue(app, entry.model, entry.version);
    if (catalogue === undefined) {
      throw new SiskinError(
        'model_unknown',
        `app "${app}" has no model "${entry.model}" version "${entry.version}": publish it first`,
      );
    }
    checkEntry(entry, catalogue);
  }
  return batch;
}
