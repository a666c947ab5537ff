/** All files of a version, in parallel: from this device where it has them, else downloaded and kept. */
import { type Artifact, messageOf, SiskinError } from '@siskin/protocol';
import { type DownloadOptions, download } from './download.ts';
import type { ModelStore } from './store.ts';

export interface ObtainOptions extends Omit<DownloadOptions, 'onProgress'> {
  store: Pick<ModelStore, 'get' | 'put'>;
  /** Bytes over all files, at most a hundred times. */
  onProgress(received: number, total: number): void;
  /** A file could not be kept: the load goes on from memory. */
  onWarning?: ((error: SiskinError) => void) | undefined;
}

export interface Obtained {
  /** In the order of the artifacts. */
  contents: readonly Uint8Array<ArrayBuffer>[];
  /** `store`: nothing crossed the network. */
  source: 'network' | 'store';
  /** Resolves when what was downloaded is kept, or could not be. Never rejects. */
  kept: Promise<unknown>;
}

/** The first failure stops the other downloads. @throws SiskinError as {@link download} does. */
export async function obtain(
  artifacts: readonly Artifact[],
  options: ObtainOptions,
): Promise<Obtained> {
  const { store, signal, onWarning } = options;
  const failure = new AbortController();
  const stop = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal]);
  const report = reporter(artifacts, options.onProgress);
  const keeping: Promise<void>[] = [];

  async function one(artifact: Artifact, i: number): Promise<Uint8Array<ArrayBuffer>> {
    const known = await store.get(artifact.sha256);
    if (known !== undefined) {
      report(i, known.length);
      return known;
    }
    const onProgress = (received: number) => report(i, received);
    const bytes = await download(artifact, { ...options, signal: stop, onProgress });
    // Kept while the model is compiled: a page that closes early loses a download, not time.
    keeping.push(
      store.put(artifact.sha256, bytes).catch((error: unknown) => {
        onWarning?.(SiskinError.from(error, 'storage_failed', messageOf(error)));
      }),
    );
    return bytes;
  }

  try {
    const contents = await Promise.all(artifacts.map(one));
    const source = keeping.length > 0 ? 'network' : 'store';
    return { contents, source, kept: Promise.all(keeping) };
  } catch (error) {
    failure.abort(error);
    throw error;
  }
}

function reporter(artifacts: readonly Artifact[], onProgress: ObtainOptions['onProgress']) {
  const received = artifacts.map(() => 0);
  const total = artifacts.reduce((sum, { bytes }) => sum + bytes, 0);
  let percent = -1;
  return (i: number, bytes: number) => {
    received[i] = bytes;
    const sum = received.reduce((a, b) => a + b, 0);
    const now = Math.floor((100 * sum) / total);
    if (now === percent) return;
    percent = now;
    onProgress(sum, total);
  };
}
