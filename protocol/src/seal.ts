/**
 * Sealed versions: a model version as the artifact key signed it. Under a key list the manifest
 * carries each version as the exact text that was signed, so that the online key, which signs the
 * manifest, can choose among published versions and make none.
 */
import * as v from 'valibot';
import { messageOf, SiskinError } from './errors.ts';
import type { ManifestVersion } from './manifest.ts';
import { isSigned, SignaturesSchema, type Verify } from './signature.ts';

export const SEAL_TYPE = 'application/vnd.siskin.version+json';

const SealedSchema = v.strictObject({
  /** JSON of a {@link VersionStatement}, exactly as it was signed. */
  record: v.string(),
  signatures: SignaturesSchema,
  /** What the files' hashes are appended to for their URLs: absolute, or relative to the manifest. */
  artifacts: v.string(),
});

export type SealedVersion = v.InferOutput<typeof SealedSchema>;

type File = Omit<ManifestVersion['files'][number], 'url'>;

/** What the artifact key says: these files, under this spec, are this version of this app's model. */
export interface VersionStatement extends Omit<ManifestVersion, 'files' | 'selfTest'> {
  app: string;
  files: File[];
  selfTest?: File;
}

/**
 * The manifest with each sealed version verified and put in plain.
 * @param value the manifest as it was signed, not yet parsed; it is not changed.
 * @throws SiskinError `manifest_signature` for a version that no artifact key signed, or that was
 *   signed as another version, of another model or app; `manifest_invalid` if there is none to read.
 */
export async function unseal(
  value: unknown,
  artifactKeys: readonly string[],
  verify: Verify,
): Promise<unknown> {
  const manifest = value as { app: string; models: Record<string, { versions: object }> };
  try {
    const models = Object.entries(manifest.models).map(async ([model, about]) => {
      const versions = Object.entries(about.versions).map(async ([version, sealed]) => {
        const name = `version "${version}" of model "${model}"`;
        const statement = await openSeal(sealed, name, artifactKeys, verify);
        const { app, spec, ...rest } = statement;
        if (app !== manifest.app || spec.name !== model || spec.version !== version) {
          throw new SiskinError(
            'manifest_signature',
            `${name} of app "${manifest.app}" was signed as version "${spec.version}" of model "${spec.name}" of app "${app}": a manifest may not mix them`,
          );
        }
        return [version, locate({ spec, ...rest }, (sealed as SealedVersion).artifacts)] as const;
      });
      return [model, { ...about, versions: Object.fromEntries(await Promise.all(versions)) }];
    });
    return { ...manifest, models: Object.fromEntries(await Promise.all(models)) };
  } catch (error) {
    throw SiskinError.from(
      error,
      'manifest_invalid',
      `the manifest cannot be read: ${messageOf(error)}`,
    );
  }
}

async function openSeal(
  sealed: unknown,
  name: string,
  artifactKeys: readonly string[],
  verify: Verify,
): Promise<VersionStatement> {
  const { success, output } = v.safeParse(SealedSchema, sealed);
  if (success) {
    const { record, signatures } = output;
    const bytes = new TextEncoder().encode(record);
    if (await isSigned(SEAL_TYPE, bytes, signatures, artifactKeys, verify)) {
      return JSON.parse(record);
    }
  }
  throw new SiskinError(
    'manifest_signature',
    `no artifact key signed ${name}: publish it with \`--artifact-key\`, or run \`siskin keys rotate\``,
  );
}

function locate(
  { files, selfTest, ...rest }: Omit<VersionStatement, 'app'>,
  artifacts: string,
): ManifestVersion {
  const at = (file: File) => ({ ...file, url: artifacts + file.sha256 });
  return { ...rest, files: files.map(at), ...(selfTest && { selfTest: at(selfTest) }) };
}
