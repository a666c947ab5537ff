/**
 * Changes what devices run. Every change is one transaction that appends to the history, issues a
 * manifest of a higher sequence, signs it and writes the audit log; then devices are told to fetch.
 */
import { MANIFEST_TYPE, SiskinError } from '@siskin/protocol';
import type {
  AuditEntry,
  ControlStore,
  ControlWriter,
  Deployment,
  IssuedManifest,
  VersionRecord,
} from '../store.ts';
import type { Keyring } from './keyring.ts';
import { composeManifest, versionsOf } from './manifest.ts';
import type { Publication, Terms } from './publication.ts';
import { keepOf, type Moment, type Plan } from './rollouts.ts';
import { sealOf } from './sealing.ts';
import { standingOf } from './standing.ts';

export interface DeliveryOptions {
  control: ControlStore;
  /** As they are at that moment: they change while a collector runs. */
  keys(): Keyring;
  /** How long a manifest is valid, ms. */
  validityMs: number;
  now(): number;
  newSalt(): string;
  announce(app: string, sequence: number): void;
}

export interface Reason {
  /** A person, or "siskin" where nobody asked. */
  by: string;
  /** In plain words. */
  why?: string | undefined;
}
/** @returns undefined to leave everything as it is. */
export type Planner = (history: Deployment[], moment: Moment) => Plan | undefined;

export interface Published {
  /** False if the same version with the same content was there before. */
  created: boolean;
  /** Whether it is what devices run: the first version of a model is. */
  champion: boolean;
  sequence: number;
}

export class Delivery {
  readonly #options: DeliveryOptions;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /**
   * Registers a version that has passed its trial.
   * @throws SiskinError `conflict` if it was published with other content, or if its schema is not the
   *   champion's and the terms do not allow that; what `sealOf` throws.
   */
  publish(app: string, publication: Publication, terms: Terms): Promise<Published> {
    const { model, version, digest } = publication;
    const { by, allowSchemaChange } = terms;
    return this.#change<Published>(app, async (tx) => {
      const standing = await standingOf(tx, app, publication, allowSchemaChange);
      const { known, champion, schemaChanges } = standing;
      const { sequence } = (await tx.manifest(app))!;
      if (known) {
        const isChampion = champion?.version === version;
        return { result: { created: false, champion: isChampion, sequence } };
      }
      const seal = sealOf(app, publication, terms.seal, this.#options.keys());
      if (seal !== undefined) await tx.putSeal(app, model, version, seal);
      await tx.addVersion({ app, ...publication, createdAt: this.#options.now() });
      const detail = {
        version,
        digest,
        ...(by !== undefined && { by }),
        ...(schemaChanges.length > 0 && { allowSchemaChange, schemaChanges }),
      };
      await this.#audit(tx, app, 'publish', detail, model);
      if (champion !== undefined) return { result: { created: true, champion: false, sequence } };
      const deployed = await this.#deploy(tx, app, model, {
        champion: version,
        cause: 'publish',
        ...(by !== undefined && { by }),
      });
      return {
        result: { created: true, champion: true, sequence: deployed.sequence },
        announce: deployed.sequence,
      };
    });
  }

  /**
   * Appends what `plan` makes of a model's history.
   * @param plan is given the history, newest first; undefined leaves everything as it is.
   * @throws SiskinError `not_found` if there is no such model or version, and what `plan` throws.
   */
  step(
    app: string,
    model: string,
    plan: Planner,
    { by, why }: Reason,
  ): Promise<Deployment | undefined> {
    const { now, newSalt } = this.#options;
    return this.#change<Deployment | undefined>(app, async (tx) => {
      const history = await tx.deployments(app, model);
      if (history.length === 0) throw unknownModel(app, model, await tx.live(app));
      const sequence = ((await tx.manifest(app))?.sequence ?? 0) + 1;
      const planned = plan(history, { at: now(), sequence, newSalt });
      if (planned === undefined) return { result: undefined };
      const keep = keepOf([planned, ...history]);
      const next = {
        ...planned,
        ...(keep.length > 0 && { keep }),
        by,
        ...(why !== undefined && { why }),
      };
      for (const version of [next.champion, ...(next.rollout ? [next.rollout.version] : [])]) {
        if ((await tx.version(app, model, version)) !== undefined) continue;
        const known = (await tx.versions(app, model)).map((record) => record.version);
        throw new SiskinError(
          'not_found',
          `model "${model}" has no version "${version}": it has ${known.join(', ')}`,
        );
      }
      const deployment = await this.#deploy(tx, app, model, next);
      const { cause, ...detail } = next;
      await this.#audit(tx, app, `rollout ${cause}`, { ...detail, sequence }, model);
      return { result: deployment, announce: sequence };
    });
  }

  /** The same content under a later expiry; also an app's first, empty manifest. */
  renew(app: string): Promise<IssuedManifest> {
    return this.#change(app, async (tx) => {
      const manifest = await this.#issue(tx, app);
      return { result: manifest, announce: manifest.sequence };
    });
  }

  /** Renews the manifests of all apps whose age is beyond `age` of their validity (0 … 1). */
  async renewOlderThan(age: number): Promise<void> {
    const { control, now } = this.#options;
    for (const { name } of await control.apps()) {
      const manifest = await control.manifest(name);
      const due =
        manifest === undefined ||
        now() >= manifest.issued + age * (manifest.expires - manifest.issued);
      if (due) await this.renew(name);
    }
  }

  async #deploy(
    tx: ControlWriter,
    app: string,
    model: string,
    plan: Omit<Deployment, 'app' | 'model' | 'sequence' | 'at'>,
  ): Promise<Deployment> {
    const sequence = ((await tx.manifest(app))?.sequence ?? 0) + 1;
    const deployment = { app, model, sequence, at: this.#options.now(), ...plan };
    await tx.addDeployment(deployment);
    await this.#issue(tx, app);
    return deployment;
  }

  async #issue(tx: ControlWriter, app: string): Promise<IssuedManifest> {
    const { keys, validityMs, now } = this.#options;
    const sequence = ((await tx.manifest(app))?.sequence ?? 0) + 1;
    const issued = now();
    const times = { issued, expires: issued + validityMs };
    const live = await tx.live(app);
    const records = new Map<string, VersionRecord>();
    for (const deployment of live) {
      const { model } = deployment;
      for (const version of versionsOf(deployment)) {
        records.set(`${model}\n${version}`, (await tx.version(app, model, version))!);
      }
    }
    const content = composeManifest(
      app,
      sequence,
      times,
      live,
      (model, version) => records.get(`${model}\n${version}`)!,
    );
    const envelope = JSON.stringify(keys().online.seal(MANIFEST_TYPE, JSON.stringify(content)));
    const manifest = { app, sequence, ...times, envelope };
    await tx.putManifest(manifest);
    return manifest;
  }

  #audit(
    tx: ControlWriter,
    app: string,
    action: string,
    detail: AuditEntry['detail'],
    model: string,
  ): Promise<void> {
    return tx.addAudit({ app, at: this.#options.now(), action, model, detail });
  }

  async #change<T>(
    app: string,
    work: (tx: ControlWriter) => Promise<{ result: T; announce?: number }>,
  ): Promise<T> {
    const { result, announce } = await this.#options.control.change(app, work);
    if (announce !== undefined) this.#options.announce(app, announce);
    return result;
  }
}

function unknownModel(app: string, model: string, live: readonly Deployment[]): SiskinError {
  const known = live.map((deployment) => deployment.model).join(', ');
  return new SiskinError(
    'not_found',
    `app "${app}" has no model "${model}"${known === '' ? ': publish one first' : `: it has ${known}`}`,
  );
}
