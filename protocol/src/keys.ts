/**
 * Key lists: which keys sign for an app, and how devices learn that they changed. The roles are those
 * of The Update Framework (https://theupdateframework.github.io/specification/latest/), fewer and
 * with a threshold of one: *artifact keys*, which can stay offline, sign model versions and key lists
 * (its root and targets); *online keys* sign the manifest, which expires soon (its snapshot and
 * timestamp). A page pins the artifact keys of any list; each later list is signed by an artifact key
 * of the list before it and by one of its own (its §5.3.4), so a stolen online key changes neither.
 */
import * as v from 'valibot';
import { SiskinError } from './errors.ts';
import {
  type Envelope,
  EnvelopeSchema,
  fromBase64,
  isSigned,
  openEnvelope,
  type Verify,
} from './signature.ts';
import { issuesOf } from './spec.ts';

export const KEYS_TYPE = 'application/vnd.siskin.keys+json';

/** What a device reads of a key file before it gives up, bytes. */
export const KEYS_BYTES = 256 * 1024;
/** Lists in a key file. */
export const MAX_LISTS = 100;

const PublicKey = v.pipe(v.string(), v.regex(/^[\w+/-]{43}=?$/, 'not 32 bytes in base64'));
const Keys = v.pipe(v.array(PublicKey), v.minLength(1), v.maxLength(8));

export const KeyListSchema = v.strictObject({
  v: v.literal(1),
  /** Of the list: one more than that of the list before. */
  version: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  artifactKeys: Keys,
  onlineKeys: Keys,
  /** From then on a device that knows no later list takes nothing new. Left out: never. */
  expires: v.optional(v.pipe(v.string(), v.isoTimestamp())),
});

/** As it is served: every list from the first that a page may have pinned, oldest first. */
export const KeyFileSchema = v.strictObject({
  v: v.literal(1),
  lists: v.pipe(v.array(EnvelopeSchema), v.minLength(1), v.maxLength(MAX_LISTS)),
});

export type KeyList = v.InferOutput<typeof KeyListSchema>;
export type KeyFile = v.InferOutput<typeof KeyFileSchema>;

export interface KeyChain {
  /** The newest list. */
  list: KeyList;
  /** Those that lead to it from a pinned key; verified. */
  lists: Envelope[];
}

/** @throws SiskinError `manifest_invalid`. */
export function parseKeyFile(text: string): KeyFile {
  return read(KeyFileSchema, text, 'the key file');
}

/**
 * Follows lists upward from what is pinned. Lists before the first that a pinned key signed, and
 * those of a version that was there before, are passed over; from there on each must follow.
 * @param lists oldest first; what a device has stored goes before what it was served.
 * @throws SiskinError `manifest_signature` if no list is signed by a pinned key, or one is not signed
 *   by both the list before it and itself; `manifest_invalid` for a gap or what is no list.
 */
export async function followKeys(
  lists: readonly Envelope[],
  pinned: readonly string[],
  verify: Verify,
): Promise<KeyChain> {
  let chain: KeyChain | undefined;
  for (const envelope of lists) {
    if (chain === undefined) {
      if (!(await signedBy(envelope, pinned, verify))) continue;
      chain = { list: await openList(envelope, pinned, verify), lists: [envelope] };
      continue;
    }
    const { version, artifactKeys }: KeyList = chain.list;
    const claimed = claimedVersion(envelope);
    if (claimed <= version) continue;
    if (claimed > version + 1) {
      throw new SiskinError(
        'manifest_invalid',
        `the key file goes from list ${version} to list ${claimed}: serve every list between them`,
      );
    }
    const list = await openList(envelope, artifactKeys, verify);
    chain = { list, lists: [...chain.lists, envelope] };
  }
  if (chain === undefined) {
    throw new SiskinError(
      'manifest_signature',
      'no key list is signed by a known key: compare `publicKeys` with what `siskin init` printed',
    );
  }
  return chain;
}

/** @throws SiskinError `manifest_signature` unless an old and one of its own artifact keys signed. */
async function openList(
  envelope: Envelope,
  old: readonly string[],
  verify: Verify,
): Promise<KeyList> {
  const payload = await openEnvelope(envelope, KEYS_TYPE, old, verify);
  const list = read(KeyListSchema, new TextDecoder().decode(payload), 'a key list');
  if (!(await signedBy(envelope, list.artifactKeys, verify))) {
    throw new SiskinError(
      'manifest_signature',
      `key list ${list.version} is not signed by an artifact key of its own: sign it with the old and the new`,
    );
  }
  return list;
}

function signedBy(
  { payload, signatures, payloadType }: Envelope,
  keys: readonly string[],
  verify: Verify,
): Promise<boolean> {
  if (payloadType !== KEYS_TYPE) return Promise.resolve(false);
  return isSigned(KEYS_TYPE, fromBase64(payload), signatures, keys, verify);
}

/** Not verified yet: good for passing a list over, not for believing it. */
function claimedVersion({ payload }: Envelope): number {
  const text = new TextDecoder().decode(fromBase64(payload));
  return read(KeyListSchema, text, 'a key list').version;
}

function read<T>(schema: v.GenericSchema<unknown, T>, text: string, what: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SiskinError('manifest_invalid', `${what} is not JSON: is its URL right?`, { cause });
  }
  const result = v.safeParse(schema, value);
  if (!result.success) {
    throw new SiskinError('manifest_invalid', `${what} is invalid: ${issuesOf(result.issues)}`);
  }
  return result.output;
}
