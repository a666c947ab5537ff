/**
 * What ingest asks for every batch, remembered: which app a key belongs to, and what a version counts.
 * Both never change once they exist, and sequences only grow. What does not exist is asked anew, since it
 * may come.
 */
import { type Catalogue, catalogueOf, definitionsOf } from '@siskin/protocol';
import type { ControlReader } from '../store.ts';
import type { FindCatalogue, IsIssued } from './admit.ts';

export interface Lookups {
  appOfKey(key: string): Promise<string | undefined>;
  findCatalogue: FindCatalogue;
  isIssued: IsIssued;
}

export function lookups(
  control: Pick<ControlReader, 'appOfKey' | 'version' | 'manifest'>,
): Lookups {
  const apps = new Map<string, string>();
  const catalogues = new Map<string, Catalogue>();
  const sequences = new Map<string, number>();
  return {
    async appOfKey(key) {
      let app = apps.get(key);
      if (app === undefined) {
        app = (await control.appOfKey(key))?.name;
        if (app !== undefined) apps.set(key, app);
      }
      return app;
    },
    async findCatalogue(app, model, version) {
      const key = `${app}\n${model}\n${version}`;
      let catalogue = catalogues.get(key);
      if (catalogue === undefined) {
        const record = await control.version(app, model, version);
        if (record === undefined) return undefined;
        catalogue = catalogueOf(record.spec, definitionsOf(record.profile));
        catalogues.set(key, catalogue);
      }
      return catalogue;
    },
    async isIssued(app, sequence) {
      if (sequence <= (sequences.get(app) ?? 0)) return true;
      const current = (await control.manifest(app))?.sequence ?? 0;
      sequences.set(app, current);
      return sequence <= current;
    },
  };
}
