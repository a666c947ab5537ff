/** Where a publication stands among what is published already. */
import { SiskinError } from '@siskin/protocol';
import type { ControlReader, VersionRecord } from '../store.ts';
import type { Publication } from './publication.ts';
import { schemaChanges } from './schemaChanges.ts';

export interface Standing {
  /** The same version with the same content was published before. */
  known: boolean;
  /** What devices run; undefined where the model has no version yet. */
  champion: VersionRecord | undefined;
  /** What a page that calls the champion would stumble over; allowed, or there would be an error. */
  schemaChanges: string[];
}

/**
 * @param allowed whether the schema may change.
 * @throws SiskinError `conflict` if the version was published with other content, or if it cannot take
 *   the champion's place.
 */
export async function standingOf(
  reader: ControlReader,
  app: string,
  publication: Publication,
  allowed: boolean,
): Promise<Standing> {
  const { model, version, digest, spec } = publication;
  const record = await reader.version(app, model, version);
  const live = (await reader.live(app)).find((deployment) => deployment.model === model);
  const champion = live && (await reader.version(app, model, live.champion));
  if (record !== undefined) {
    if (record.digest === digest) return { known: true, champion, schemaChanges: [] };
    throw new SiskinError(
      'conflict',
      `version "${version}" of model "${model}" was published with other content: versions never change, publish under a new one`,
    );
  }
  const changes = champion === undefined ? [] : schemaChanges(champion.spec, spec);
  if (changes.length > 0 && !allowed) {
    throw new SiskinError(
      'conflict',
      `version "${version}" of model "${model}" cannot take the place of its champion "${champion!.version}": ${changes.join('; ')}. Publish it as another model, or with --allow-schema-change if every page that calls it is ready`,
    );
  }
  return { known: false, champion, schemaChanges: changes };
}
