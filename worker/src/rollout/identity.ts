/**
 * What this installation is to itself: a random id for bucketing and a telemetry group from a
 * separate draw, independent of every bucket. The id never leaves the device.
 */
import { GROUPS } from '@siskin/protocol';
import type { Database } from '../database.ts';

export interface Identity {
  id: string;
  /** 0 … 15. */
  group: number;
}

const FACT = 'identity';

export async function identify(database: Database): Promise<Identity> {
  const drawn: Identity = {
    id: crypto.randomUUID(),
    group: crypto.getRandomValues(new Uint8Array(1))[0]! % GROUPS,
  };
  try {
    // One transaction, so that two tabs that open at once agree.
    const transaction = database.transaction('facts', 'readwrite');
    const known = (await transaction.store.get(FACT)) as Identity | undefined;
    if (known === undefined) await transaction.store.put(drawn, FACT);
    await transaction.done;
    return known ?? drawn;
  } catch {
    // Without storage the arm may change with the next visit; predictions go on.
    return drawn;
  }
}
