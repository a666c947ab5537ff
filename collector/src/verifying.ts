/** `siskin verify`: everything a device would check, and every artifact to its last byte. */
import { createHash } from 'node:crypto';
import { type Artifact, type ErrorCode, type Manifest, SiskinError } from '@siskin/protocol';
import { contentAt, openPublished, readPublished } from './published.ts';

export interface Check {
  /** `manifest`, `key list`, or a file as `model/version/name`. */
  what: string;
  ok: boolean;
  code?: ErrorCode;
  detail: string;
}

export interface Verification {
  v: 1;
  url: string;
  app: string | null;
  sequence: number | null;
  expires: string | null;
  keyList: number | null;
  ok: boolean;
  checks: Check[];
}

export interface VerifyOptions {
  publicKeys: readonly string[];
  app?: string | undefined;
  minSequence?: number | undefined;
  now: number;
}

/** @throws SiskinError `manifest_unreachable` if there is nothing to verify. */
export async function verifyPublished(url: URL, options: VerifyOptions): Promise<Verification> {
  const texts = await readPublished(url);
  const result: Verification = {
    v: 1,
    url: url.href,
    ...{ app: null, sequence: null, expires: null, keyList: null, ok: false, checks: [] },
  };
  const { checks } = result;
  try {
    const { manifest, list } = await openPublished(texts, options.publicKeys);
    const { app, sequence, expires } = manifest;
    Object.assign(result, { app, sequence, expires, keyList: list?.version ?? null });
    if (list !== undefined)
      checks.push(ended('key list', `list ${list.version}`, list.expires, options.now));
    checks.push(ended('manifest', `sequence ${sequence}`, expires, options.now));
    checks.push(...wrongOnes(manifest, options));
    for (const { what, artifact } of artifactsOf(manifest)) {
      checks.push(await checkArtifact(what, artifact, url));
    }
  } catch (error) {
    if (!(error instanceof SiskinError)) throw error;
    checks.push({ what: 'manifest', ok: false, code: error.code, detail: error.message });
  }
  result.ok = checks.every(({ ok }) => ok);
  return result;
}

function ended(what: string, name: string, expires: string | undefined, now: number): Check {
  if (expires === undefined) return { what, ok: true, detail: `${name}, without an end` };
  return Date.parse(expires) > now
    ? { what, ok: true, detail: `${name}, valid until ${expires}` }
    : { what, ok: false, code: 'manifest_expired', detail: `${name} expired at ${expires}` };
}

function wrongOnes({ app, sequence }: Manifest, options: VerifyOptions): Check[] {
  const checks: Check[] = [];
  if (options.app !== undefined && options.app !== app) {
    const detail = `it is for app "${app}", not "${options.app}"`;
    checks.push({ what: 'manifest', ok: false, code: 'manifest_wrong_app', detail });
  }
  if (options.minSequence !== undefined && sequence < options.minSequence) {
    const detail = `sequence ${sequence} is below ${options.minSequence}`;
    checks.push({ what: 'manifest', ok: false, code: 'manifest_rollback', detail });
  }
  return checks;
}

/** Every file of every version, once for each that names it. */
export function artifactsOf(manifest: Manifest): { what: string; artifact: Artifact }[] {
  return Object.entries(manifest.models).flatMap(([model, { versions }]) =>
    Object.entries(versions).flatMap(([version, { files, selfTest }]) =>
      [...files, ...(selfTest ? [selfTest] : [])].map((artifact) => ({
        what: `${model}/${version}/${artifact.name}`,
        artifact,
      })),
    ),
  );
}

async function checkArtifact(what: string, artifact: Artifact, base: URL): Promise<Check> {
  const wrong = (code: ErrorCode, detail: string): Check => ({ what, ok: false, code, detail });
  const url = new URL(artifact.url, base);
  try {
    const content = await contentAt(url);
    if (content === undefined) return wrong('download_failed', `${url.href} is not there`);
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of content) {
      hash.update(chunk);
      bytes += chunk.length;
      // What never ends would never be told.
      if (bytes > artifact.bytes) break;
    }
    if (bytes > artifact.bytes) return wrong('artifact_hash', `more than ${artifact.bytes} bytes`);
    if (bytes < artifact.bytes) {
      return wrong('artifact_truncated', `${bytes} of ${artifact.bytes} bytes`);
    }
    const got = hash.digest('hex');
    if (got !== artifact.sha256) return wrong('artifact_hash', `its SHA-256 is ${got}`);
    return { what, ok: true, detail: `${bytes} bytes, SHA-256 ${got.slice(0, 12)}…` };
  } catch (error) {
    const { message } = SiskinError.from(error, 'download_failed', String(error));
    return wrong('download_failed', message);
  }
}
