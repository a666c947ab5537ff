/** Files of versions that do not run: on this device before they are needed. */
import type { ManifestVersion } from '@siskin/protocol';
import { type DownloadOptions, download } from './models/download.ts';
import type { ModelStore } from './models/store.ts';

export interface StockOptions extends Pick<DownloadOptions, 'fetch' | 'baseUrl' | 'signal'> {
  store: Pick<ModelStore, 'has' | 'put'>;
}

/** One file after the other, what is there left out. @throws SiskinError as `download` does. */
export async function stock(
  versions: readonly ManifestVersion[],
  { store, ...options }: StockOptions,
): Promise<void> {
  for (const { files, selfTest } of versions) {
    for (const artifact of selfTest === undefined ? files : [...files, selfTest]) {
      if (await store.has(artifact.sha256)) continue;
      const bytes = await download(artifact, options);
      // Where there is no room for it there is none for the others either.
      const isKept = await store.put(artifact.sha256, bytes).then(
        () => true,
        () => false,
      );
      if (!isKept) return;
    }
  }
}
