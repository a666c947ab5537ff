/** The keys of a collector: which of its private keys the newest key list lets sign what. */
import {
  type Envelope,
  KEYS_TYPE,
  type KeyFile,
  type KeyList,
  MAX_LISTS,
  SiskinError,
} from '@siskin/protocol';
import { type Signer, signerOf } from './signing.ts';

export interface Keyring {
  /** Undefined in a folder that was made before there were lists: one key signs manifests. */
  file: KeyFile | undefined;
  list: KeyList | undefined;
  /** Signs manifests. */
  online: Signer;
  /** Signs versions and key lists; undefined where it is kept elsewhere, or without lists. */
  artifact: Signer | undefined;
  /** What pages pin. */
  publicKeys: readonly string[];
}

/**
 * @param pems every private key that is at hand, the oldest first.
 * @param file the key file; its own, so it is not verified here.
 * @throws SiskinError `data_dir` if the online key is not among them.
 */
export function keyringOf(pems: readonly string[], file: KeyFile | undefined): Keyring {
  const signers = pems.map(signerOf);
  const list = file && listOf(file.lists.at(-1)!);
  const holder = (keys: readonly string[] | undefined): Signer | undefined =>
    signers.find(({ publicKey }) => keys?.includes(publicKey));
  const online = list === undefined ? signers[0] : holder(list.onlineKeys);
  if (online === undefined) {
    throw new SiskinError(
      'data_dir',
      `the data folder has no online key of its key list ${list?.version}: bring the .pem file back`,
    );
  }
  const publicKeys = list?.artifactKeys ?? [online.publicKey];
  return { file, list, online, artifact: holder(list?.artifactKeys), publicKeys };
}

/** @param signers an artifact key of the list before, and one of the new list's. */
export function addList(
  file: KeyFile | undefined,
  list: KeyList,
  signers: readonly Signer[],
): KeyFile {
  const payload = JSON.stringify(list);
  const envelopes = signers.map((signer) => signer.seal(KEYS_TYPE, payload));
  const signatures = envelopes.flatMap((envelope) => envelope.signatures);
  const lists = [...(file?.lists ?? []), { ...envelopes[0]!, signatures }];
  return { v: 1, lists: lists.slice(-MAX_LISTS) };
}

const listOf = ({ payload }: Envelope): KeyList =>
  JSON.parse(Buffer.from(payload, 'base64').toString());
