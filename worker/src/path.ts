/** What the predictions of a version go through. Its code is loaded beside the model, not before. */
import { type ManifestVersion, messageOf, SiskinError } from '@siskin/protocol';
import type { createReader } from './decision/answer.ts';
import type { Extractor } from './extractors/extractor.ts';
import type { Recorder } from './features.ts';
import type { Live } from './serving/live.ts';

export interface Path {
  extract: Extractor;
  read: ReturnType<typeof createReader>;
  /** Of a version with principal components: how badly they rebuild a prediction's features. */
  reconstruct: ((features: Recorder) => number) | undefined;
}

const importExtractor = () => import('./extractors/extractor.ts');
const importAnswer = () => import('./decision/answer.ts');
const importReconstruction = () => import('./profiler/reconstruction.ts');

const paths = new WeakMap<Live, Path>();

/** Starts to load what {@link preparePath} will need; a failure is met again, and told, there. */
export function importPath({ spec, pca }: ManifestVersion): void {
  const imports: Promise<unknown>[] = [
    importExtractor().then((extractor) => extractor.importKinds(spec)),
    importAnswer(),
  ];
  if (pca !== undefined) imports.push(importReconstruction());
  for (const one of imports) one.catch(() => undefined);
}

/** @throws SiskinError `runtime_failed` if code could not be loaded. */
export async function preparePath(live: Live): Promise<Path> {
  const { session, version } = live;
  const { spec } = version;
  try {
    const { createExtractor } = await importExtractor();
    const answer = await importAnswer();
    const names = session.inputs.map((input) => input.name);
    const path: Path = {
      extract: await createExtractor(spec, names),
      read: answer.createReader(spec, session.outputs),
      reconstruct: await reconstructionOf(version),
    };
    paths.set(live, path);
    return path;
  } catch (thrown) {
    const message = `what prepares the inputs of model "${spec.name}" could not be imported: ${messageOf(thrown)}. Reload the page`;
    throw SiskinError.from(thrown, 'runtime_failed', message, true);
  }
}

export function pathOf(live: Live): Path | Promise<Path> {
  return paths.get(live) ?? preparePath(live);
}

async function reconstructionOf({ pca, series }: ManifestVersion): Promise<Path['reconstruct']> {
  if (pca === undefined) return undefined;
  const { RowEncoder, reconstructionError } = await importReconstruction();
  const encoder = new RowEncoder(pca, series);
  return (features) => {
    features.replay(encoder);
    return reconstructionError(pca, encoder.take());
  };
}
