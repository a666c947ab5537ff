/** What is published at an address, a folder or a file, opened as a device opens it. */
import { createReadStream, existsSync, globSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import {
  followKeys,
  KEYS_BYTES,
  type KeyList,
  MANIFEST_BYTES,
  MANIFEST_TYPE,
  type Manifest,
  messageOf,
  openEnvelope,
  parseEnvelope,
  parseKeyFile,
  parseManifest,
  SiskinError,
  unseal,
} from '@siskin/protocol';
import { verifyEd25519 } from './delivery/signing.ts';

/**
 * @param where the manifest's URL or file, a collector's URL, or a folder that `siskin export` wrote.
 * @throws SiskinError `usage` if that names no manifest, or several.
 */
export function manifestUrl(where: string, app: string | undefined): URL {
  if (/^https?:/.test(where)) {
    if (!URL.canParse(where)) throw new SiskinError('usage', `"${where}" is no URL`);
    const url = new URL(where);
    if (/manifest[^/]*$|\.json$/.test(url.pathname)) return url;
    if (app === undefined) {
      throw new SiskinError(
        'usage',
        `${where} is no manifest: name its address, or the app with --app`,
      );
    }
    if (!url.pathname.endsWith('/')) url.pathname += '/';
    return new URL(`v1/apps/${encodeURIComponent(app)}/manifest`, url);
  }
  const path = resolve(where);
  if (!existsSync(path)) throw new SiskinError('usage', `there is no file or folder ${path}`);
  if (!statSync(path).isDirectory()) return pathToFileURL(path);
  const found = globSync(`v1/apps/${app ?? '*'}/manifest.json`, { cwd: path });
  if (found.length !== 1) {
    throw new SiskinError(
      'usage',
      found.length === 0
        ? `${path} holds no v1/apps/${app ?? 'APP'}/manifest.json: was it written by \`siskin export\`?`
        : `${path} holds several apps: name one with --app`,
    );
  }
  return pathToFileURL(join(path, found[0]!));
}

/** Beside the manifest, as devices look for it. */
export function keysUrlOf(manifest: URL): URL {
  const name = manifest.pathname.split('/').at(-1)!;
  const keys = name.startsWith('manifest') ? name.replace('manifest', 'keys') : 'keys.json';
  return new URL(keys + manifest.search, manifest);
}

/** The bytes there; undefined if there is nothing. @throws SiskinError `manifest_unreachable`. */
export async function contentAt(url: URL): Promise<AsyncIterable<Uint8Array> | undefined> {
  try {
    if (url.protocol === 'file:') return existsSync(url) ? createReadStream(url) : undefined;
    const response = await fetch(url);
    if (response.status === 404 || response.status === 403) return undefined;
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    return response.body === null
      ? Readable.from([])
      : (response.body as AsyncIterable<Uint8Array>);
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
    throw new SiskinError(
      'manifest_unreachable',
      `${url.href} cannot be read: ${messageOf(reason)}`,
      { cause, retryable: true },
    );
  }
}

/** @throws SiskinError `manifest_invalid` beyond so many bytes, as a device. */
async function textAt(url: URL, bytes: number): Promise<string | undefined> {
  const content = await contentAt(url);
  if (content === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  let left = bytes;
  for await (const chunk of content) {
    left -= chunk.length;
    if (left < 0) {
      throw new SiskinError('manifest_invalid', `${url.href} has more than ${bytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

export interface PublishedTexts {
  manifest: string;
  /** Undefined where one key signs manifests. */
  keys: string | undefined;
}

/** @throws SiskinError `manifest_unreachable` if there is no manifest. */
export async function readPublished(url: URL): Promise<PublishedTexts> {
  const manifest = await textAt(url, MANIFEST_BYTES);
  if (manifest === undefined) {
    throw new SiskinError('manifest_unreachable', `there is no manifest at ${url.href}`);
  }
  return { manifest, keys: await textAt(keysUrlOf(url), KEYS_BYTES) };
}

export interface Published {
  manifest: Manifest;
  list: KeyList | undefined;
}

/**
 * Signatures only: what has expired is opened all the same.
 * @throws SiskinError `manifest_signature`, `manifest_invalid`.
 */
export async function openPublished(
  { manifest, keys }: PublishedTexts,
  publicKeys: readonly string[],
): Promise<Published> {
  const envelope = parseEnvelope(manifest);
  const chain =
    keys === undefined
      ? undefined
      : await followKeys(parseKeyFile(keys).lists, publicKeys, verifyEd25519);
  const signers = chain?.list.onlineKeys ?? publicKeys;
  const payload = await openEnvelope(envelope, MANIFEST_TYPE, signers, verifyEd25519);
  const value: unknown = JSON.parse(new TextDecoder().decode(payload));
  const plain =
    chain === undefined ? value : await unseal(value, chain.list.artifactKeys, verifyEd25519);
  return { manifest: parseManifest(plain), list: chain?.list };
}
