/** The keys in a data folder: made once, and read anew each time, so that a rotation takes effect. */
import { parseKeyFile } from '@siskin/protocol';
import type { DataFolder } from './dataFolder.ts';
import { addList, type Keyring, keyringOf } from './delivery/keyring.ts';
import { newSigningKey, signerOf } from './delivery/signing.ts';

/** @throws SiskinError `data_dir` where `siskin init` has not been, or a key is missing. */
export function keysIn(folder: DataFolder): Keyring {
  const text = folder.keyFile();
  return keyringOf(folder.privateKeys(), text === undefined ? undefined : parseKeyFile(text));
}

/** An artifact key, an online key and the list that names them, where there is no key yet. */
export function makeKeys(folder: DataFolder): Keyring {
  if (!folder.hasKeys()) {
    const [artifact, online] = [newSigningKey(), newSigningKey()];
    const first = {
      v: 1 as const,
      version: 1,
      artifactKeys: [signerOf(artifact).publicKey],
      onlineKeys: [signerOf(online).publicKey],
    };
    folder.writeKey('artifact-key.pem', artifact);
    folder.writeKeyFile(addList(undefined, first, [signerOf(artifact)]));
    // Last: without it the folder counts as one without keys, and this happens again.
    folder.writeKey('signing-key.pem', online);
  }
  return keysIn(folder);
}
