/** One artifact over the network: exactly the declared bytes, and exactly the published ones. */
import { type Artifact, messageOf, SiskinError } from '@siskin/protocol';
import { stopIfAborted } from './abort.ts';
import { sha256 } from './sha256.ts';

/** A connection without a byte for so long is given up: an update must not wait on it for ever. */
const STALL_MS = 30_000;

export interface DownloadOptions {
  fetch: typeof fetch;
  /** Absolute, or what the artifact's own URL is relative to. */
  baseUrl: string;
  signal?: AbortSignal | undefined;
  onProgress?: ((received: number) => void) | undefined;
  stallMs?: number | undefined;
}

/**
 * @throws SiskinError `download_failed` (retryable), `artifact_truncated` (retryable),
 *   `artifact_hash` or `aborted`.
 */
export async function download(
  artifact: Artifact,
  options: DownloadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await attempt(artifact, options, 'default');
  } catch (error) {
    if (!(error instanceof SiskinError && error.code === 'artifact_hash')) throw error;
    // Artifacts are cached for good: a wrong one in the browser's cache would stay for good.
    return attempt(artifact, options, 'reload');
  }
}

async function attempt(
  artifact: Artifact,
  options: DownloadOptions,
  cache: RequestCache,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await receive(artifact, options, cache);
  if ((await sha256(bytes)) === artifact.sha256) return bytes;
  throw new SiskinError(
    'artifact_hash',
    `"${artifact.name}" is not what was published: its SHA-256 differs. Publish it anew, and look for a proxy that changes files`,
  );
}

async function receive(
  artifact: Artifact,
  { fetch, baseUrl, signal, onProgress, stallMs = STALL_MS }: DownloadOptions,
  cache: RequestCache,
): Promise<Uint8Array<ArrayBuffer>> {
  stopIfAborted(signal);
  const stop = new AbortController();
  const stopped = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(new Error(`nothing came for ${stallMs} ms`)), stallMs);
  };
  try {
    alive();
    const url = new URL(artifact.url, baseUrl);
    const response = await fetch(url, { signal: stopped, cache, credentials: 'omit' });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const bytes = new Uint8Array(artifact.bytes);
    let received = 0;
    const reader = response.body?.getReader();
    for (;;) {
      alive();
      const chunk = await reader?.read();
      if (chunk === undefined || chunk.done) break;
      if (received + chunk.value.length > bytes.length) throw tooLong(artifact);
      bytes.set(chunk.value, received);
      received += chunk.value.length;
      onProgress?.(received);
    }
    if (received < bytes.length) throw tooShort(artifact, received);
    return bytes;
  } catch (cause) {
    if (cause instanceof SiskinError) throw cause;
    stopIfAborted(signal);
    throw new SiskinError(
      'download_failed',
      `"${artifact.name}" could not be downloaded from ${artifact.url}: ${messageOf(cause)}. Check the connection and that the file is served there`,
      { cause, retryable: true },
    );
  } finally {
    clearTimeout(timer);
    // Ends a request that still sends; does nothing to one that is over.
    stop.abort();
  }
}

function tooLong({ name, bytes }: Artifact): SiskinError {
  return new SiskinError(
    'artifact_hash',
    `"${name}" is not what was published: more than its ${bytes} bytes came. Publish it anew`,
  );
}

function tooShort({ name, bytes }: Artifact, received: number): SiskinError {
  return new SiskinError(
    'artifact_truncated',
    `"${name}" broke off after ${received} of ${bytes} bytes: try again, and look at the server's files if it stays so`,
    { retryable: true },
  );
}
