/** `siskin export`: an app as static files, laid out as a collector's addresses are. */
import { createReadStream, createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { messageOf, SiskinError } from '@siskin/protocol';
import type { DataFolder } from './dataFolder.ts';
import { ArtifactStore } from './delivery/artifacts.ts';
import { Delivery } from './delivery/delivery.ts';
import { keysIn } from './folderKeys.ts';
import { contentAt, openPublished, type PublishedTexts, readPublished } from './published.ts';
import { openSqlite } from './store/sqlite/open.ts';
import { artifactsOf, type Verification, verifyPublished } from './verifying.ts';

const HOUR_MS = 3_600_000;
/** As `siskin serve` has it. */
const VALIDITY_MS = 24 * HOUR_MS;

export interface Exported extends Verification {
  /** Files written, below `dir`; artifacts that were there before are not written again. */
  files: string[];
}

interface Source {
  app: string;
  texts: PublishedTexts;
  publicKeys: readonly string[];
  /** @returns undefined if there is no such artifact. */
  artifact(url: string, sha256: string): Promise<AsyncIterable<Uint8Array> | undefined>;
}

/**
 * The artifacts come first and the manifest last: a folder that is served while it is written never
 * names what is not there.
 * @throws SiskinError `manifest_signature`, `manifest_invalid`, `not_found`, `usage`.
 */
export async function exportTo(dir: string, source: Source, now: number): Promise<Exported> {
  const { manifest } = await openPublished(source.texts, source.publicKeys);
  if (manifest.app !== source.app) {
    throw new SiskinError(
      'manifest_wrong_app',
      `the manifest is for app "${manifest.app}", not "${source.app}"`,
    );
  }
  const folder = `v1/apps/${source.app}`;
  const files: string[] = [];
  const write = async (path: string, content: AsyncIterable<Uint8Array>): Promise<void> => {
    const target = join(resolve(dir), path);
    try {
      mkdirSync(dirname(target), { recursive: true });
      await pipeline(content, createWriteStream(target));
    } catch (cause) {
      throw SiskinError.from(cause, 'usage', `${target} cannot be written: ${messageOf(cause)}`);
    }
    files.push(path);
  };
  for (const { what, artifact } of artifactsOf(manifest)) {
    const path = `v1/artifacts/${artifact.sha256}`;
    if (files.includes(path)) continue;
    const content = await source.artifact(artifact.url, artifact.sha256);
    if (content === undefined) {
      throw new SiskinError('not_found', `the artifact of ${what} is not there`);
    }
    await write(path, content);
  }
  const { keys } = source.texts;
  if (keys !== undefined) await write(`${folder}/keys.json`, Readable.from([Buffer.from(keys)]));
  await write(`${folder}/manifest.json`, Readable.from([Buffer.from(source.texts.manifest)]));
  const url = pathToFileURL(join(resolve(dir), folder, 'manifest.json'));
  return { ...(await verifyPublished(url, { publicKeys: source.publicKeys, now })), files };
}

/** What a collector or another static host serves, as it is. */
export async function fromUrl(
  url: URL,
  app: string,
  publicKeys: readonly string[],
): Promise<Source> {
  return {
    app,
    publicKeys,
    texts: await readPublished(url),
    artifact: (address) => contentAt(new URL(address, url)),
  };
}

/**
 * From the data folder, whether or not it is served, with a manifest that is valid for as long as it
 * takes until the next export. The collector's own next manifest is of the usual length again.
 * @throws SiskinError `not_found` if there is no such app, `data_dir`.
 */
export async function fromFolder(
  folder: DataFolder,
  app: string,
  validityMs: number,
  now: () => number,
): Promise<Source> {
  const { publicKeys } = keysIn(folder);
  const store = openSqlite(folder.database);
  try {
    const delivery = (ms: number): Delivery =>
      new Delivery({
        control: store.control,
        keys: () => keysIn(folder),
        validityMs: ms,
        now,
        newSalt: () => '',
        announce: () => {},
      });
    const { envelope } = await delivery(validityMs).renew(app);
    await delivery(VALIDITY_MS).renew(app);
    const artifacts = new ArtifactStore(folder.artifacts, 0);
    const path = (sha256: string): string => join(artifacts.root, artifacts.pathOf(sha256));
    return {
      app,
      publicKeys,
      texts: { manifest: envelope, keys: folder.keyFile() },
      artifact: async (_, sha256) =>
        existsSync(path(sha256)) ? createReadStream(path(sha256)) : undefined,
    };
  } finally {
    await store.close();
  }
}
