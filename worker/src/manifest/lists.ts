/**
 * Manifests of an app that has key lists: signed by an online key of the newest list, every version
 * in them by one of its artifact keys. Loaded only for such apps.
 */
import {
  type Envelope,
  followKeys,
  KEYS_BYTES,
  type KeyChain,
  type KeyList,
  messageOf,
  parseKeyFile,
  SiskinError,
  unseal,
} from '@siskin/protocol';
import type { Database } from '../database.ts';
import type { Accepted, open, Trust } from './accept.ts';
import type { readText } from './bounded.ts';

/** The lists that lead from a pinned key to those that sign now. */
const FACT = 'keys';

export interface ListTrust extends Trust {
  /** What this device has followed so far, as it was kept: verified again here. */
  lists: readonly Envelope[];
  /** Why the manifest is not accepted without lists; told if the app has none. */
  refused: unknown;
  /** The manifest's own URL. */
  url: string;
  fetch: typeof fetch;
  /** Absent: nothing is fetched, as when what is stored is read back. */
  signal: AbortSignal | undefined;
  now(): number;
  database: Database;
  /** The text of the manifest that runs. */
  current: string | undefined;
  /** Later lists were found. @param stands whether what runs is still signed by keys that count. */
  onLists(lists: readonly Envelope[], stands: boolean): void;
  /** What the worker has loaded anyway: an import from here would cut its code in pieces. */
  open: typeof open;
  readText: typeof readText;
}

/**
 * Asks for later lists only where those that are known do not do.
 * @throws SiskinError as `open` does; also `manifest_rollback` for a key file that ends before the list
 *   that this device knows, `manifest_expired` for a list that has, `manifest_unreachable`.
 */
export async function openByLists(text: string, trust: ListTrust): Promise<Accepted> {
  const { publicKeys, verify, lists, signal, current } = trust;
  // A page that pins later keys than those that led here starts anew.
  const known = await followKeys(lists, publicKeys, verify).catch(() => undefined);
  let refused = trust.refused;
  if (known !== undefined) {
    try {
      return await openUnder(known.list, text, trust);
    } catch (error) {
      refused = error;
    }
  }
  if (signal === undefined || !mayBeCured(refused)) throw refused;
  const served = await fetchLists(trust, signal);
  if (served === undefined) throw refused;
  const next = await followKeys([...(known?.lists ?? []), ...served], publicKeys, verify);
  if (known !== undefined) await isLater(served, next, known, trust, refused);
  const stands =
    current !== undefined &&
    (await openUnder(next.list, current, trust).then(
      () => true,
      () => false,
    ));
  trust.onLists(next.lists, stands);
  // Where storage is full or forbidden this device goes on without remembering.
  await trust.database.put('facts', next.lists, FACT).catch(() => undefined);
  return openUnder(next.list, text, trust);
}

const mayBeCured = (error: unknown): boolean =>
  error === undefined ||
  (error instanceof SiskinError &&
    (error.code === 'manifest_signature' || error.code === 'manifest_expired'));

async function openUnder(list: KeyList, text: string, trust: ListTrust): Promise<Accepted> {
  const { app, verify, now } = trust;
  if (list.expires !== undefined && Date.parse(list.expires) <= now()) {
    throw new SiskinError(
      'manifest_expired',
      `key list ${list.version} expired at ${list.expires}: run \`siskin keys rotate\``,
      { retryable: true },
    );
  }
  const { onlineKeys, artifactKeys } = list;
  return trust.open(text, { app, publicKeys: onlineKeys, verify }, (value) =>
    unseal(value, artifactKeys, verify),
  );
}

/** @throws SiskinError `manifest_rollback` or why the manifest was refused, if there is no later list. */
async function isLater(
  served: readonly Envelope[],
  next: KeyChain,
  known: KeyChain,
  { publicKeys, verify }: ListTrust,
  refused: unknown,
): Promise<void> {
  if (next.list.version > known.list.version) return;
  const { list } = await followKeys(served, publicKeys, verify);
  if (list.version < known.list.version) {
    throw new SiskinError(
      'manifest_rollback',
      `the key file ends at list ${list.version}, this device has seen ${known.list.version}: serve every list`,
    );
  }
  throw refused;
}

/** @returns undefined if there is no key file. */
async function fetchLists(
  { url, fetch, readText }: ListTrust,
  signal: AbortSignal,
): Promise<readonly Envelope[] | undefined> {
  const address = keysUrl(url);
  try {
    const response = await fetch(address, { cache: 'no-cache', credentials: 'omit', signal });
    if (response.status >= 400 && response.status < 500) return undefined;
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    return parseKeyFile(await readText(response, KEYS_BYTES)).lists;
  } catch (cause) {
    throw SiskinError.from(
      cause,
      'manifest_unreachable',
      `the key file at ${address} could not be fetched: ${messageOf(cause)}`,
      true,
    );
  }
}

/** Beside the manifest: `…/manifest` → `…/keys`, `…/manifest.json` → `…/keys.json`. */
export function keysUrl(manifest: string): string {
  const url = new URL(manifest);
  const [, folder, name] = /^(.*\/)([^/]*)$/.exec(url.pathname)!;
  url.pathname = `${folder}${name!.startsWith('manifest') ? name!.replace('manifest', 'keys') : 'keys.json'}`;
  return url.href;
}
