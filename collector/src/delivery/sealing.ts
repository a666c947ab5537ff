/** Seals versions: by the artifact key at hand, or as a publisher has signed them elsewhere. */
import { isDeepStrictEqual } from 'node:util';
import { definitionsOf, SEAL_TYPE, SiskinError, type VersionStatement } from '@siskin/protocol';
import type { Seal, StoredFile, VersionRecord } from '../store.ts';
import type { Keyring } from './keyring.ts';
import { isSignedNow, type Signer } from './signing.ts';

export type Sealable = Pick<VersionRecord, 'spec' | 'profile' | 'files' | 'selfTest'>;

/** What is signed of a version: all that the manifest says of it but where its files are. */
export function statementOf(
  app: string,
  { spec, profile, files, selfTest }: Sealable,
): VersionStatement {
  const bare = ({ name, sha256, bytes }: StoredFile) => ({ name, sha256, bytes });
  return {
    app,
    spec,
    files: files.map(bare),
    ...(selfTest && { selfTest: bare(selfTest) }),
    series: definitionsOf(profile),
    ...(profile.pca === undefined ? {} : { pca: profile.pca }),
  };
}

/** @param record the exact text to sign. */
export function sealWith(signer: Signer, record: string): Seal {
  return { record, signatures: signer.seal(SEAL_TYPE, record).signatures };
}

/**
 * @param given what the publisher signed.
 * @returns undefined where there is no key list: then the manifest's signature is all there is.
 * @throws SiskinError `manifest_signature` if no artifact key of the newest list signed what is given,
 *   or signed other content; `usage` if nothing is given and the artifact key is not here.
 */
export function sealOf(
  app: string,
  version: Sealable,
  given: Seal | undefined,
  { list, artifact }: Keyring,
): Seal | undefined {
  if (list === undefined) return undefined;
  const statement = statementOf(app, version);
  if (given === undefined) {
    if (artifact !== undefined) return sealWith(artifact, JSON.stringify(statement));
    throw new SiskinError(
      'usage',
      'the artifact key is not in the data folder: sign what you publish with --artifact-key FILE',
    );
  }
  if (!isSignedNow(SEAL_TYPE, given.record, given.signatures, list.artifactKeys)) {
    throw new SiskinError(
      'manifest_signature',
      `no artifact key of key list ${list.version} signed this version: is it the right --artifact-key?`,
    );
  }
  // As text that was parsed: what is left out and what is undefined are the same there.
  if (!isDeepStrictEqual(JSON.parse(given.record), JSON.parse(JSON.stringify(statement)))) {
    throw new SiskinError(
      'manifest_signature',
      'what was signed is not what was handed in: publish with the same release of siskin',
    );
  }
  return given;
}
