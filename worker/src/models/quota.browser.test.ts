import { deleteDB } from 'idb';
import { expect, it } from 'vitest';
import { cdp } from 'vitest/browser';
import { openDatabase } from '../database.ts';
import { choose } from '../runtimes/choose.ts';
import { publishBlobs, readServed } from './browser.fixture.ts';
import { loadVersion } from './load.ts';
import { demoModel } from './real-models.fixture.ts';
import { ModelStore } from './store.ts';

it('goes on from memory when the quota of this origin is spent', async () => {
  const session = cdp();
  const { origin } = location;
  // Chromium goes on for a while by how much room it saw before, unless it starts afresh.
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
  const app = `quota-${crypto.randomUUID()}`;
  const database = await openDatabase(app);
  try {
    const warnings: string[] = [];
    const version = await publishBlobs(await demoModel(readServed, 'digits/v1', 'siskin.json'));
    const loaded = await loadVersion(version, {
      fetch: (...args) => fetch(...args),
      now: () => performance.now(),
      baseUrl: location.href,
      store: new ModelStore(database),
      choose: (format) =>
        choose(format, { backends: ['wasm'], allowSoftwareGpu: false, gpu: undefined }),
      onWarning: ({ code }) => warnings.push(code),
    });
    expect(loaded).toMatchObject({ backend: 'wasm', source: 'network' });
    expect(warnings).toEqual(['storage_failed', 'storage_failed']);
    await loaded.session.dispose();
  } finally {
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    database.close();
    await deleteDB(`siskin-${app}`);
  }
}, 90_000);
