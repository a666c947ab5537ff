/** An app with key lists, as a collector serves it: its signers, its key file, sealed versions. */
import {
  type Envelope,
  KEYS_TYPE,
  type KeyList,
  type Manifest,
  type ManifestVersion,
  SEAL_TYPE,
} from '@siskin/protocol';
import { createSigner, type TestSigner } from './sign.ts';

/** One envelope with a signature of each. */
export async function signTogether(
  payload: unknown,
  type: string,
  signers: readonly TestSigner[],
): Promise<Envelope> {
  const sealed = signers.map(async (one) => JSON.parse(await one.seal(payload, type)) as Envelope);
  const envelopes = await Promise.all(sealed);
  return { ...envelopes[0]!, signatures: envelopes.flatMap(({ signatures }) => signatures) };
}

/** @param signers the old list's artifact key and the new one's, if all is well. */
export function keyList(
  version: number,
  { artifact, online }: { artifact: TestSigner; online: TestSigner },
  signers: readonly TestSigner[],
  about: Partial<KeyList> = {},
): Promise<Envelope> {
  const list: KeyList = {
    v: 1,
    version,
    artifactKeys: [artifact.publicKey],
    onlineKeys: [online.publicKey],
    ...about,
  };
  return signTogether(list, KEYS_TYPE, signers);
}

export const keyFile = (...lists: Envelope[]): string => JSON.stringify({ v: 1, lists });

/** A version as the manifest carries it under a key list. */
export async function sealed(
  version: ManifestVersion,
  signer: TestSigner,
  app = 'shop',
): Promise<object> {
  const bare = ({ url: _, ...file }: ManifestVersion['files'][number]) => file;
  const record = JSON.stringify({
    app,
    ...version,
    files: version.files.map(bare),
    ...(version.selfTest && { selfTest: bare(version.selfTest) }),
  });
  const { signatures } = JSON.parse(await signer.seal(record, SEAL_TYPE)) as Envelope;
  return { record, signatures, artifacts: '../../artifacts/' };
}

export const manifestOf = (
  sequence: number,
  models: object = {},
  about: Partial<Manifest> = {},
) => ({
  v: 1,
  app: 'shop',
  sequence,
  issued: '2026-11-01T00:00:00.000Z',
  expires: '2026-11-02T00:00:00.000Z',
  models,
  ...about,
});

export const createSigners = async () => {
  const [artifact, online] = await Promise.all([createSigner(), createSigner()]);
  return { artifact, online };
};
