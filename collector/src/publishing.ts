/** Composes what it takes until a version is published: read, placed, tried, compared, registered. */

import type { PublishAnswer } from './delivery/adminRoutes.ts';
import type { ArtifactStore } from './delivery/artifacts.ts';
import type { Delivery } from './delivery/delivery.ts';
import { checkPublication, type Publication } from './delivery/publication.ts';
import { standingOf } from './delivery/standing.ts';
import { profileChanges } from './profileChanges.ts';
import type { ControlReader } from './store.ts';
import type { TrialRequest, TrialResult } from './trial/contract.ts';

export interface PublisherOptions {
  control: ControlReader;
  artifacts: ArtifactStore;
  delivery: Delivery;
  /** Loads the model and runs its self-test. @param bytes of its files. */
  tryModel(request: TrialRequest, bytes: number): Promise<TrialResult>;
}

export type Publisher = (app: string, model: string, body: unknown) => Promise<PublishAnswer>;

/**
 * The cheap checks come before the trial. What they look at may change while it runs, so they are made
 * once more in the transaction that registers the version.
 */
export function publisher(options: PublisherOptions): Publisher {
  const { control, artifacts, delivery, tryModel } = options;
  return async (app, model, body) => {
    const { publication, terms } = await checkPublication(model, body, artifacts);
    const { known, champion } = await standingOf(
      control,
      app,
      publication,
      terms.allowSchemaChange,
    );
    const warnings: string[] = [];
    if (!known) {
      const trial = await tryModel(requestOf(publication, artifacts), bytesOf(publication));
      warnings.push(...trial.warnings);
      if (champion !== undefined) {
        warnings.push(...profileChanges(champion.profile, publication.profile));
      }
    }
    const published = await delivery.publish(app, publication, terms);
    return { version: publication.version, ...published, warnings };
  };
}

function requestOf(
  { spec, profile, files, selfTest }: Publication,
  artifacts: ArtifactStore,
): TrialRequest {
  return {
    spec,
    profile,
    files: files.map(({ name, sha256 }) => ({ name, path: artifacts.fileOf(sha256) })),
    ...(selfTest && { selfTest: artifacts.fileOf(selfTest.sha256) }),
  };
}

const bytesOf = ({ files, selfTest }: Publication): number =>
  [...files, ...(selfTest ? [selfTest] : [])].reduce((sum, { bytes }) => sum + bytes, 0);
