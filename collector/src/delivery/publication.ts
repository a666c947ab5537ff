/** A model version as it is handed in, checked until it is worth trying. */
import { createHash } from 'node:crypto';
import {
  catalogueOf,
  issuesOf,
  parseProfile,
  parseSpec,
  SignaturesSchema,
  SiskinError,
} from '@siskin/protocol';
import * as v from 'valibot';
import type { Seal, StoredFile, VersionRecord } from '../store.ts';
import type { ArtifactStore } from './artifacts.ts';

const FileSchema = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(512)),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 is 64 lower-case hex digits')),
});
const PublicationSchema = v.strictObject({
  /** `siskin.json`, checked by the protocol's own schema. */
  spec: v.unknown(),
  /** `reference.json`. */
  profile: v.unknown(),
  /** One for each of the spec's files, uploaded before. */
  files: v.pipe(v.array(FileSchema), v.maxLength(64)),
  selfTest: v.optional(FileSchema),
  /** Who publishes: kept in the audit log. */
  by: v.optional(
    v.pipe(
      v.string(),
      v.regex(
        /^[^\p{C}\p{Z}](?:[^\p{C}]{0,62}[^\p{C}\p{Z}])?$/u,
        'a name has 1–64 printable characters',
      ),
    ),
  ),
  /** The version as an artifact key signed it, where that key is the publisher's. */
  seal: v.optional(
    v.strictObject({
      record: v.pipe(v.string(), v.check(isJson, 'not JSON')),
      signatures: SignaturesSchema,
    }),
  ),
  /** Publish even where pages that call the champion could not call this version. */
  allowSchemaChange: v.optional(v.boolean(), false),
});

/** A self-test is downloaded by every device; this one would be the larger part of any model. */
const MAX_SELF_TEST = 16 * 1024 * 1024;

export type Publication = Omit<VersionRecord, 'app' | 'createdAt' | 'seal'>;

export interface Terms {
  by: string | undefined;
  allowSchemaChange: boolean;
  seal?: Seal | undefined;
}

/**
 * @param model the name in the address: the spec must say the same.
 * @throws SiskinError `spec_invalid`, `profile_invalid`, `usage`, or `not_found` for an artifact that
 *   was not uploaded.
 */
export async function checkPublication(
  model: string,
  value: unknown,
  artifacts: ArtifactStore,
): Promise<{ publication: Publication; terms: Terms }> {
  const parsed = v.safeParse(PublicationSchema, value);
  if (!parsed.success) {
    throw new SiskinError('usage', `the publication is invalid: ${issuesOf(parsed.issues)}`);
  }
  const { output } = parsed;
  const spec = parseSpec(output.spec);
  if (spec.name !== model) {
    throw new SiskinError('spec_invalid', `the spec is of model "${spec.name}", not "${model}"`);
  }
  const profile = parseProfile(output.profile);
  const fixed = catalogueOf(spec, []);
  const taken = profile.series.find(({ definition }) => fixed.has(definition.name));
  if (taken !== undefined) {
    throw new SiskinError(
      'profile_invalid',
      `series "${taken.definition.name}" is counted by siskin itself: take it out of the profile`,
    );
  }
  const files: StoredFile[] = [];
  for (const name of spec.files) {
    const file = output.files.find((candidate) => candidate.name === name);
    if (file === undefined) {
      throw new SiskinError('usage', `the spec names the file "${name}": hand it in too`);
    }
    files.push(await located(file, artifacts));
  }
  const stray = output.files.find((file) => !spec.files.includes(file.name));
  if (stray !== undefined) {
    throw new SiskinError('usage', `the spec does not name the file "${stray.name}"`);
  }
  const selfTest = output.selfTest && (await located(output.selfTest, artifacts));
  if (selfTest !== undefined && selfTest.bytes > MAX_SELF_TEST) {
    throw new SiskinError(
      'spec_invalid',
      `the self-test has ${selfTest.bytes} bytes, and every device loads it: keep it below ${MAX_SELF_TEST} with fewer cases`,
    );
  }
  const content = { spec, profile, files, ...(selfTest && { selfTest }) };
  const digest = createHash('sha256').update(canonical(content)).digest('hex');
  const { by, allowSchemaChange, seal } = output;
  return {
    publication: { model, version: spec.version, ...content, digest },
    terms: { by, allowSchemaChange, seal },
  };
}

async function located(
  file: Pick<StoredFile, 'name' | 'sha256'>,
  artifacts: ArtifactStore,
): Promise<StoredFile> {
  const bytes = await artifacts.bytes(file.sha256);
  if (bytes === undefined) {
    throw new SiskinError(
      'not_found',
      `file "${file.name}" was not uploaded: PUT it to /v1/admin/artifacts/${file.sha256} first`,
    );
  }
  if (bytes === 0) {
    throw new SiskinError('spec_invalid', `the file "${file.name}" is empty: export it anew`);
  }
  return { ...file, bytes };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON with sorted keys: the same content gives the same text, whoever wrote it. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
