/** Whether a fetched manifest may replace the one this device has. */
import {
  MANIFEST_TYPE,
  type Manifest,
  openEnvelope,
  parseEnvelope,
  parseManifest,
  SiskinError,
  type Verify,
} from '@siskin/protocol';

export interface Accepted {
  manifest: Manifest;
  /** The envelope as it was fetched: what is kept, and verified again when it is read back. */
  text: string;
}

export interface Trust {
  app: string;
  publicKeys: readonly string[];
  verify: Verify;
}

/**
 * Verifies the signature over the exact bytes and then parses them.
 * @param plain what the signed value is put in plain by, where its versions are sealed.
 * @throws SiskinError `manifest_invalid`, `manifest_signature` or `manifest_wrong_app`.
 */
export async function open(
  text: string,
  trust: Trust,
  plain = (value: unknown): unknown => value,
): Promise<Accepted> {
  const payload = await verified(text, trust);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(payload));
  } catch (cause) {
    throw new SiskinError('manifest_invalid', 'the signed manifest is not JSON', { cause });
  }
  const manifest = parseManifest(await plain(value));
  if (manifest.app !== trust.app) {
    throw new SiskinError(
      'manifest_wrong_app',
      `the manifest is for app "${manifest.app}", not "${trust.app}": check \`app\` and \`collector\``,
    );
  }
  return { manifest, text };
}

async function verified(text: string, { publicKeys, verify }: Trust): Promise<Uint8Array> {
  const envelope = parseEnvelope(text);
  try {
    return await openEnvelope(envelope, MANIFEST_TYPE, publicKeys, verify);
  } catch (error) {
    // Base64 that only looks like it.
    throw SiskinError.from(error, 'manifest_invalid', 'the manifest cannot be decoded');
  }
}

/**
 * A newer manifest is one with a higher sequence that has not expired. Expiry bounds how long an
 * attacker who can withhold updates can offer an old one (The Update Framework, freeze attack): the
 * one we have, offered on after its end, is told as well.
 * @param floor the least sequence that the page takes.
 * @returns false if it is the one we have.
 * @throws SiskinError `manifest_rollback` or `manifest_expired`; what runs goes on running.
 */
export function isNewer(
  next: Manifest,
  current: Manifest | undefined,
  now: number,
  floor = 0,
): boolean {
  const seen = current?.sequence ?? 0;
  if (next.sequence < Math.max(seen, floor)) {
    throw new SiskinError(
      'manifest_rollback',
      `the manifest has sequence ${next.sequence}, this device has seen ${seen} and the page takes none below ${floor}: publish a rollback as a new, higher sequence`,
    );
  }
  if (Date.parse(next.expires) <= now) {
    throw new SiskinError(
      'manifest_expired',
      `the manifest expired at ${next.expires}: is the collector running, and is this device's clock right?`,
      { retryable: true },
    );
  }
  return next.sequence > seen;
}
